(document_title (line) @name) @heading
(section (title1 (line) @name)) @section
(section (title2 (line) @name)) @section
(section (title3 (line) @name)) @section
