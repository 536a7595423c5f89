(module (module_statement (name) @name)) @module
(program (program_statement (name) @name)) @module
(subroutine (subroutine_statement name: (name) @name)) @function
(function (function_statement name: (name) @name)) @function
(comment) @lead
