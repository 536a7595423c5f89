(document (pair . (_) @name) @key)
(table "[" . (_) @name) @table
(table_array_element "[[" . (_) @name) @table
(comment) @lead
