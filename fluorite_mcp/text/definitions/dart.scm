(class_definition name: (identifier) @name) @class
(enum_declaration name: (identifier) @name) @enum
(mixin_declaration (identifier) @name) @class
(extension_declaration name: (identifier) @name) @extension
(type_alias . (type_identifier) @name) @type
; the body is a sibling of the signature
((method_signature [
    (function_signature name: (identifier) @name)
    (getter_signature name: (identifier) @name)
    (setter_signature name: (identifier) @name)
    (constructor_signature name: (identifier) @name)
    (factory_constructor_signature . (identifier) @name)]) @method . (function_body) @end)
(program (function_signature name: (identifier) @name) @function . (function_body) @end)
(declaration (constructor_signature name: (identifier) @name)) @method
(declaration (function_signature name: (identifier) @name)) @method
(program (static_final_declaration_list (static_final_declaration . (identifier) @name)) @constant)
(documentation_comment) @lead
(comment) @lead
(annotation) @lead
