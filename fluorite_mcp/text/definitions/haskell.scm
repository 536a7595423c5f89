(declarations (function name: (_) @name) @function)
(declarations (bind name: (_) @name) @function)
(instance_declarations (function name: (_) @name) @function)
(instance_declarations (bind name: (_) @name) @function)
(data_type name: (_) @name) @type
(newtype name: (_) @name) @type
(type_synomym name: (_) @name) @type
(class name: (_) @name) @class
(instance name: (_) @name) @instance
(signature) @lead
(comment) @lead
(haddock) @lead
