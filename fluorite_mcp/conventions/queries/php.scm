(namespace_use_clause) @import
(class_declaration) @class
(method_declaration) @method
(function_definition) @function
(function_call_expression) @call
(scoped_call_expression) @static_call
(throw_expression) @throw
