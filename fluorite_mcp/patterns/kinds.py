"""What a node of a syntax tree is to patterns, told by its kind alone, over all languages.

Grammars name alike things alike: `string`, `template_string`, `interpreted_string_literal`; `call`, `call_expression`,
`method_invocation`. So one small set of rules serves all of them, and a language added later is served too.
"""

from __future__ import annotations

import enum
import re
from functools import cache


class Role(enum.Enum):
    """The part a node plays.

    INNER has children that count. FIXED is fixed text: keywords, operators, brackets. The others stand for their whole
    text and are abstracted. LAYOUT is what a formatter or a reader needs: comments, separators a formatter inserts.
    """

    INNER = "inner"
    FIXED = "fixed"
    NAME = "name"
    TYPE = "type"
    TEXT = "text"
    NUMBER = "number"
    CONSTANT = "constant"
    LAYOUT = "layout"


ABSTRACT = frozenset({Role.NAME, Role.TYPE, Role.TEXT, Role.NUMBER, Role.CONSTANT})

_TEXT = re.compile(r"string|char_literal|character_literal|rune_literal|heredoc|regex|raw_text|jsx_text|shell_command")
# Inside a string, or a list of strings: not one literal itself.
_NOT_TEXT = re.compile(r"string_(array|list|type)|concatenated_string|template_string_type|stringify")
_NUMBER = re.compile(r"integer|float|number|decimal|int_literal|real_literal|imaginary")
_TYPE = re.compile(r"type_identifier|primitive_type|predefined_type|integral_type|floating_point_type|type_parameter$")
_CONSTANT = re.compile(r"^(true|false|none|null|nil|boolean.*|null_literal|undefined|this|self|iota)$")
_COMMENT = re.compile(r"comment")
_CALL = re.compile(r"call|invocation|creation_expression$|^new_expression$|^instance_expression$")
_NOT_CALL = re.compile(r"call_(operator|suffix|signature)|callable|type")
_DECORATOR = re.compile(r"^(decorator|annotation|marker_annotation|attribute_item|attribute_list)$")
_HANDLING = re.compile(r"^(try|except|catch|rescue|finally|raise|throw|defer)|try_expression|throw")


@cache
def leaf_role(kind: str, is_named: bool) -> Role:  # noqa: FBT001 - as the grammar tells it
    """Return the role of a node without children."""
    if _COMMENT.search(kind):
        return Role.LAYOUT
    if not is_named:
        return Role.FIXED
    if is_text(kind):
        return Role.TEXT
    if _NUMBER.search(kind):
        return Role.NUMBER
    if _CONSTANT.search(kind):
        return Role.CONSTANT
    return Role.TYPE if _TYPE.search(kind) else Role.NAME


@cache
def is_text(kind: str) -> bool:
    """Whether a node of this kind is one literal text, whatever stands inside."""
    return _TEXT.search(kind) is not None and _NOT_TEXT.search(kind) is None


@cache
def is_comment(kind: str) -> bool:
    """Whether a node of this kind is a comment."""
    return _COMMENT.search(kind) is not None


@cache
def is_call(kind: str) -> bool:
    """Whether a node of this kind calls something or makes an object."""
    return _CALL.search(kind) is not None and _NOT_CALL.search(kind) is None


@cache
def is_decorator(kind: str) -> bool:
    """Whether a node of this kind is written on a definition: a decorator, annotation or attribute."""
    return _DECORATOR.search(kind) is not None


@cache
def handles_errors(kind: str) -> bool:
    """Whether a node of this kind raises, catches or passes on an error."""
    return _HANDLING.search(kind) is not None
