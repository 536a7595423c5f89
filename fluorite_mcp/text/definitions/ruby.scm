(module name: (_) @name) @module
(class name: (_) @name) @class
(program (method name: (_) @name) @function)
(method name: (_) @name) @method
(singleton_method name: (_) @name) @method
(assignment left: (constant) @name) @constant
(comment) @lead
