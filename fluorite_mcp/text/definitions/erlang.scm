(fun_decl clause: (function_clause name: (atom) @name)) @function
(record_decl name: (atom) @name) @struct
(type_alias name: (type_name name: (atom) @name)) @type
(spec) @lead
(comment) @lead
