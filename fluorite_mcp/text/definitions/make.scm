(rule (targets) @name) @rule
(define_directive name: (word) @name) @macro
(makefile (variable_assignment name: (word) @name) @variable)
(comment) @lead
