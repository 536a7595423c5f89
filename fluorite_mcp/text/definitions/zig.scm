(function_declaration name: (identifier) @name) @function
(variable_declaration (identifier) @name (struct_declaration)) @struct
(variable_declaration (identifier) @name (enum_declaration)) @enum
(variable_declaration (identifier) @name (union_declaration)) @struct
(source_file (variable_declaration "const" (identifier) @name) @constant)
(test_declaration [(string) (identifier)] @name) @test
(comment) @lead
