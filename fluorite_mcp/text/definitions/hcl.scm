; a block is named by its type and labels: resource "aws_s3_bucket" "logs"
(config_file (body (block) @name @block))
(config_file (body (attribute . (identifier) @name) @key))
(comment) @lead
