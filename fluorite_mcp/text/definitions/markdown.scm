(section . (atx_heading heading_content: (_) @name)) @section
(section . (setext_heading heading_content: (_) @name)) @section
; underlined headings further down have no section of their own
(setext_heading heading_content: (_) @name) @heading
