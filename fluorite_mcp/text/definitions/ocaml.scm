(value_definition (let_binding pattern: (value_name) @name (parameter))) @function
(value_definition (let_binding pattern: (value_name) @name body: (fun_expression))) @function
(compilation_unit (value_definition (let_binding pattern: (value_name) @name)) @constant)
(type_definition (type_binding name: (_) @name)) @type
(module_definition (module_binding (module_name) @name)) @module
(class_definition (class_binding name: (_) @name)) @class
(comment) @lead
