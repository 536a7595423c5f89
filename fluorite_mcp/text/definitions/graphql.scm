(object_type_definition (name) @name) @type
(input_object_type_definition (name) @name) @type
(interface_type_definition (name) @name) @interface
(enum_type_definition (name) @name) @enum
(union_type_definition (name) @name) @type
(scalar_type_definition (name) @name) @type
(operation_definition (name) @name) @function
(fragment_definition (fragment_name) @name) @function
(directive_definition (name) @name) @function
(comment) @lead
