(mixin_statement (name) @name) @function
(function_statement (name) @name) @function
(placeholder (name) @name) @rule
(rule_set (selectors) @name) @rule
; the name of an at-rule is what stands before its braces
(media_statement) @name @rule
(supports_statement) @name @rule
(keyframes_statement) @name @rule
(stylesheet (declaration . (variable_name) @name) @variable)
(comment) @lead
(single_line_comment) @lead
