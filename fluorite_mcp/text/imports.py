"""The lines of a source file that name other files: imports, includes, requires."""

from __future__ import annotations

import re

# One pattern for all languages: what it takes by mistake names other code just as well. The indent is taken once and
# never given back: nothing that follows begins with a blank, and trying shorter ones takes half of the time.
_IMPORT_LINE = re.compile(
    r"^[ \t]*+(?:(?:from|import|#[ \t]*include|use|using|require|require_relative|open|alias|source|mod)\b"
    r"|export\b.*\bfrom\b|(?:const|let|var|local)\b.*(?:\brequire\b|@import)|pub[ \t]+(?:use|mod)\b)[^\n]*",
    re.MULTILINE,
)


def import_lines(text: str) -> str:
    """Return the import lines of a text, joined by line breaks; empty if there are none."""
    return "\n".join(_IMPORT_LINE.findall(text))
