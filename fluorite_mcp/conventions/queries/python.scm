(import_statement) @import
(import_from_statement) @import
(future_import_statement) @future
(function_definition) @function
(class_definition) @class
(raise_statement) @raise
(except_clause) @except
(assert_statement) @assert
(call) @call
(subscript value: (attribute) @subscript)
(interpolation) @interpolation
(module (expression_statement (assignment left: (identifier) @assigned)))
(type (binary_operator operator: "|") @union)
(type (union_type) @union)
(type (generic_type (identifier) @generic))
(type (subscript value: (identifier) @generic))
