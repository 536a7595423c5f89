(function_def (function_command (argument_list . (argument) @name))) @function
(macro_def (macro_command (argument_list . (argument) @name))) @macro
((normal_command (identifier) @_command (argument_list . (argument) @name)) @key
  (#any-of? @_command "add_library" "add_executable" "add_custom_target" "project"))
(line_comment) @lead
(bracket_comment) @lead
