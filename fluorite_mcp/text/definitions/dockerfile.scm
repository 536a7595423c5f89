; a stage reaches from its FROM to the next
(from_instruction as: (image_alias) @name) @heading
(from_instruction . (image_spec) @name .) @heading
(comment) @lead
