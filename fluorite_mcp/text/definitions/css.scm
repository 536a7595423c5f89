(rule_set (selectors) @name) @rule
; the name of an at-rule is what stands before its braces
(media_statement) @name @rule
(supports_statement) @name @rule
(keyframes_statement) @name @rule
(at_rule (block)) @name @rule
(comment) @lead
