(import_declaration) @import
(class_declaration) @class
(method_declaration) @method
(field_declaration) @field
(constructor_declaration) @constructor
(local_variable_declaration) @local
(throw_statement) @throw
(method_invocation) @call
