(package_clause) @package
(import_spec) @import
(function_declaration) @function
(method_declaration) @method
(type_spec) @type
(call_expression) @call
(binary_expression left: (identifier) operator: "==" right: (identifier)) @compare
(binary_expression left: (identifier) operator: "==" right: (selector_expression)) @compare
