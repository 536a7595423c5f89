(function_definition name: (identifier) @name) @function
(package_statement (package_name) @name) @heading
(comments) @lead
