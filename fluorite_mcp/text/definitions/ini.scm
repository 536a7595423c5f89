(section (section_name (text) @name)) @table
(comment) @lead
