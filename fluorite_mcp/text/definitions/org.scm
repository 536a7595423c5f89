(section headline: (headline item: (item) @name)) @section
