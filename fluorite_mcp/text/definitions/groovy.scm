(class_definition name: (identifier) @name) @class
(function_definition function: (_) @name) @function
(comment) @lead
