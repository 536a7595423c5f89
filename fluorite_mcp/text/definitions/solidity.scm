(contract_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @interface
(library_declaration name: (identifier) @name) @class
(function_definition name: (identifier) @name) @function
(modifier_definition name: (identifier) @name) @function
(event_definition name: (identifier) @name) @type
(struct_declaration name: (identifier) @name) @struct
(enum_declaration name: (identifier) @name) @enum
(constructor_definition "constructor" @name) @method
(comment) @lead
