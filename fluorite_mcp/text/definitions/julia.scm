(module_definition name: (identifier) @name) @module
(function_definition (signature (call_expression . (_) @name))) @function
(function_definition (signature (where_expression (call_expression . (_) @name)))) @function
(function_definition (signature (typed_expression (call_expression . (_) @name)))) @function
(macro_definition (signature (call_expression . (_) @name))) @macro
(assignment . (call_expression . (identifier) @name)) @function
(struct_definition (type_head [(identifier) @name (binary_expression . [(identifier) @name (parametrized_type_expression . (identifier) @name)]) (parametrized_type_expression . (identifier) @name)])) @struct
(abstract_definition (type_head [(identifier) @name (binary_expression . (identifier) @name)])) @type
(const_statement (assignment . (identifier) @name)) @constant
; a string right before a definition documents it
(source_file (string_literal) @lead)
(block (string_literal) @lead)
(line_comment) @lead
(block_comment) @lead
