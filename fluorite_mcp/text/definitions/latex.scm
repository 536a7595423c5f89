(chapter text: (curly_group (text) @name)) @section
(section text: (curly_group (text) @name)) @section
(subsection text: (curly_group (text) @name)) @section
(subsubsection text: (curly_group (text) @name)) @section
