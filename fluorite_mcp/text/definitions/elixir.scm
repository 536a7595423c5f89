((call target: (identifier) @_keyword (arguments . (alias) @name) (do_block)) @module
  (#any-of? @_keyword "defmodule" "defprotocol"))
((call target: (identifier) @_keyword (arguments . (alias) @name) (do_block)) @impl
  (#eq? @_keyword "defimpl"))
((call target: (identifier) @_keyword (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name))])) @function
  (#any-of? @_keyword "def" "defp" "defdelegate" "defguard" "defguardp"))
((call target: (identifier) @_keyword (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name))])) @macro
  (#any-of? @_keyword "defmacro" "defmacrop"))
((unary_operator "@" operand: (call target: (identifier) @_keyword)) @lead
  (#any-of? @_keyword "doc" "spec" "moduledoc" "impl" "deprecated" "since"))
(comment) @lead
