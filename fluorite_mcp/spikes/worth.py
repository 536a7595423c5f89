"""What a template says: whether there is something in it to copy, or only its own name between keywords.

Generated collections hold thousands of templates that repeat their id, their tags and a line of boilerplate. Such a
stub is told by what is left when all of that is taken away.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from fluorite_mcp.spikes.casing import split_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fluorite_mcp.models import Spike

LOW_QUALITY = 0.3
"""Below it a template stands behind every other one, however well it seems to fit."""

STUB_QUALITY = 0.1
GENERATED_QUALITY = 0.2
IMPORTED_QUALITY = 0.6
"""Below what comes along (0.8): somebody wrote it to be copied, but nobody here has looked at it."""

MIN_SUBSTANCE = 3
"""Distinct words beyond its own name and boilerplate; the shortest useful snippets (a call with its imports) have 4."""

_WORD = re.compile(r"[^\W\d_][\w]*")
_COMMENT = re.compile(r"^\s*(//|#(?![!])|--|/\*|\*|<!--|;|%)")

# Words that any file of its kind has, and those that stand where something is still to be written.
_BOILERPLATE_WORDS = """
abstract and any args array as assert async auto await bar baz boilerplate bool boolean break case  catch char
class coming console const continue def default del demo description div do double dummy  echo elif else empty
end enum esac example except export exports extends extern false fi final  finally fixme fixture float fn foo
for foreach from func function generated generator get go goes  hello here html if implement implementation
implemented implements import in include init int  interface ipsum is json key lambda let log lorem main match
minimal mock mod module mut name  namespace new nil none not notimplementederror null number object of ok or
package pass placeholder  please print printf println private protected pub public raise readonly ref render
replace require  return run sample scaffold self set skeleton snippet soon span spike starter static str
strike  string struct stub super switch template test then this throw throws title todo tools true try type
typeof undefined unit use using val value values var version void where while with world yield your
"""
_BOILERPLATE = frozenset(_BOILERPLATE_WORDS.split())


def own_words(spike: Spike) -> frozenset[str]:
    """Return the words a template calls itself by: of its id, name, stack, tags, parameters and description."""
    texts = [spike.id, spike.name, spike.description, *spike.stack, *spike.tags, *spike.aliases]
    for param in spike.params:
        texts += [param.name, param.default or ""]
    return frozenset(part for text in texts for part in parts_of(text))


def substance(spike: Spike) -> int:
    """Count the distinct words that a template's files hold beyond its own and boilerplate; comments do not count."""
    own = own_words(spike)
    texts = [file.template for file in spike.files] + [patch.diff for patch in spike.patches]
    words = {word for text in texts for line in _told_lines(text) for word in _WORD.findall(line)}
    told = {word.lower() for word in words if len(word) > 1 and not _is_own(word, own)}
    return len(told - _BOILERPLATE)


def is_stub(spike: Spike) -> bool:
    """Whether a template says nothing but its own name."""
    return substance(spike) < MIN_SUBSTANCE


def _told_lines(text: str) -> Iterable[str]:
    return (line for line in text.splitlines() if not _COMMENT.match(line))


def _is_own(word: str, own: frozenset[str]) -> bool:
    return word.lower() in own or all(part in own or part in _BOILERPLATE for part in parts_of(word))


@lru_cache(maxsize=100_000)  # The same words stand in most templates of a collection.
def parts_of(word: str) -> tuple[str, ...]:
    """Return the parts of a camelCase or snake_case word, in small letters."""
    return tuple(part.lower() for part in split_words(word))
