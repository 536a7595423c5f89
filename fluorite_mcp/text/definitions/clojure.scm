((list_lit . value: (sym_lit) @_form . value: (sym_lit) @name) @function (#any-of? @_form "defn" "defn-" "defmulti" "defmethod" "deftest"))
((list_lit . value: (sym_lit) @_form . value: (sym_lit) @name) @macro (#eq? @_form "defmacro"))
((list_lit . value: (sym_lit) @_form . value: (sym_lit) @name) @variable (#any-of? @_form "def" "defonce"))
((list_lit . value: (sym_lit) @_form . value: (sym_lit) @name) @interface (#eq? @_form "defprotocol"))
((list_lit . value: (sym_lit) @_form . value: (sym_lit) @name) @struct (#any-of? @_form "defrecord" "deftype"))
(comment) @lead
