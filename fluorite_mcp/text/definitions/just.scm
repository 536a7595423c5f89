(recipe (recipe_header name: (identifier) @name)) @function
(source_file (assignment left: (identifier) @name) @variable)
(comment) @lead
