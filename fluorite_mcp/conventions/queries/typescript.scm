; On top of javascript.scm.
(interface_declaration) @interface
(type_alias_declaration value: (object_type)) @object_alias
(enum_declaration) @enum
