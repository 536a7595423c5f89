(use_declaration) @import
(function_item) @function
(struct_item) @type
(enum_item) @type
(macro_invocation) @macro
(call_expression) @call
(try_expression) @try
