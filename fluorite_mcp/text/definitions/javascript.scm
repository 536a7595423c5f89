(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(class_declaration name: (identifier) @name) @class
(method_definition name: (_) @name) @method
(field_definition property: (_) @name value: [(arrow_function) (function_expression)]) @method
(program (lexical_declaration (variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)])) @function)
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)]))) @function)
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @constant)
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name))) @constant)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @variable)
; exports.name = function …, Type.prototype.name = function …
(program (expression_statement (assignment_expression left: (member_expression) @name right: [(arrow_function) (function_expression) (class)])) @function)
; local arrow functions, so that a component's handlers are found
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)]) @function
(comment) @lead
(decorator) @lead
