"""From counted cases to conventions: plain sentences, each with its count, its places, and where it does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from fluorite_mcp.conventions.aspects import ASPECTS, Aspect, Form
from fluorite_mcp.conventions.roles import ROLE_SENTENCES
from fluorite_mcp.conventions.shifts import FileDates, find_shift
from fluorite_mcp.conventions.strength import wilson
from fluorite_mcp.conventions.tally import Key, Places, Tally
from fluorite_mcp.results import Convention
from fluorite_mcp.search.paths import is_legacy_path

# Less is a coincidence.
MIN_COUNT = 3
# What holds for fewer than this part of the cases is a habit of some, not a convention.
MIN_SHARE = 0.6
# Three of three reach 0.44; four of five, 0.38, do not.
MIN_STRENGTH = 0.4
# A folder speaks for itself with this many cases in this many files.
_FOLDER_CASES, _FOLDER_FILES = 4, 3
# A place is worth naming if it holds this part of the cases and at most this part of the language's files.
_PLACE_SHARE, _PLACE_SIZE = 0.8, 0.4
_SHOWN = 3

# A package that is imported as its own name has no alias to speak of.
_UNSAID = frozenset({"(its name)", "(none)"})


@dataclass(frozen=True, slots=True)
class _Cases:
    """The cases of one aspect in one scope."""

    key: Key
    aspect: Aspect
    by_value: Mapping[str, Places]

    def count(self, value: str) -> int:
        places = self.by_value[value]
        return len(places) if self.aspect.per_file else sum(map(len, places.values()))

    @property
    def subject(self) -> str:
        return self.key.aspect.partition(" ")[2]

    def sentence(self, value: str) -> str:
        if self.key.aspect.startswith("role "):
            return ROLE_SENTENCES[self.subject][1].replace("{value}", value)
        return self.aspect.sentence(value, self.subject)

    @property
    def category(self) -> str:
        return ROLE_SENTENCES[self.subject][0] if self.key.aspect.startswith("role ") else self.aspect.category


class Stated(NamedTuple):
    """A convention, and what it states: which way of which aspect."""

    aspect: str
    value: str
    convention: Convention


def derive_stated(tally: Tally, dates: FileDates | None = None, name: str = "") -> tuple[Stated, ...]:
    """Return what holds for most of a project's code or of a folder of it, strongest first.

    Args:
        tally: The project's counted facts.
        dates: When each file came into the repository, if that is known.
        name: What the project is called; a library is mostly imported under that name.
    """
    sizes, roots = tally.families(), tally.roots | {name.lower(), name.lower().replace("-", "_")}
    found: list[Stated] = []
    for key, counted in tally.cases.items():
        aspect = ASPECTS.get(key.aspect.partition(" ")[0])
        # A library does not use itself.
        own = roots if key.aspect.startswith("role ") else frozenset[str]()
        by_value = {value: places for value, places in counted.items() if value.lower() not in own}
        if aspect is None or not by_value:
            continue
        cases = _Cases(key, aspect, by_value)
        if aspect.form is Form.SHARE:
            found += _shares(cases, dates)
        elif aspect.form is Form.FOLDER:
            found += _by_folder(cases)
        elif aspect.form is Form.PLACE:
            found += _place(cases, tally, sizes[key.family]) if cases.subject not in roots else ()
    return tuple(sorted(found, key=lambda one: _order(one.convention)))


def _order(one: Convention) -> tuple[float, str, str, str]:
    return -one.strength, one.statement, one.scope, one.language or ""


def _shares(cases: _Cases, dates: FileDates | None) -> Iterator[Stated]:
    whole = _strongest(cases)
    shift = find_shift(cases.by_value, dates) if dates and len(cases.by_value) > 1 else None
    if shift is not None and (sentence := cases.sentence(shift.value)):
        yield _convention(cases, shift.value, sentence, since=shift.text)
    elif whole is not None and (sentence := cases.sentence(whole)):
        yield _convention(cases, whole, sentence)
    if len(cases.by_value) > 1:
        yield from _deviations(cases, whole)


def _strongest(cases: _Cases) -> str | None:
    """Return the way that most cases do it, None where there is none."""
    counts = {value: cases.count(value) for value in cases.by_value}
    total = sum(counts.values())
    value = max(counts, key=lambda one: (counts[one], one))
    if counts[value] < MIN_COUNT or counts[value] < MIN_SHARE * total or wilson(counts[value], total) < MIN_STRENGTH:
        return None
    return value


def _deviations(cases: _Cases, whole: str | None) -> Iterator[Stated]:
    """Yield the conventions of folders that differ from the project's, or that have one where it has none."""
    told: list[str] = []
    for folder, inside in sorted(_folders(cases.by_value).items()):
        if any(folder.startswith(f"{one}/") for one in told):
            continue
        within = _Cases(cases.key, cases.aspect, inside)
        value = _strongest(within)
        if value is None or value == whole or value in _UNSAID or not _is_enough(within, value):
            continue
        if whole is None and sum(map(len, inside.values())) == sum(map(len, cases.by_value.values())):
            continue
        if sentence := within.sentence(value):
            told.append(folder)
            yield _convention(within, value, sentence, scope=folder)


def _is_enough(cases: _Cases, value: str) -> bool:
    return cases.count(value) >= _FOLDER_CASES and len(cases.by_value[value]) >= _FOLDER_FILES


def _folders(by_value: Mapping[str, Places], depth: int = 4) -> dict[str, dict[str, Places]]:
    """Sort cases into every folder above them."""
    folders: dict[str, dict[str, Places]] = {}
    for value, places in by_value.items():
        for path, lines in places.items():
            end = path.find("/")
            for _ in range(depth):
                if end < 0:
                    break
                folders.setdefault(path[:end], {}).setdefault(value, {})[path] = lines
                end = path.find("/", end + 1)
    return folders


def _by_folder(cases: _Cases) -> Iterator[Stated]:
    """Yield what holds in single folders, the files directly in them: services end in Service."""
    folders: dict[str, dict[str, Places]] = {}
    for value, places in cases.by_value.items():
        for path, lines in places.items():
            folders.setdefault(path.rpartition("/")[0], {}).setdefault(value, {})[path] = lines
    for folder, inside in folders.items():
        within = _Cases(cases.key, cases.aspect, inside)
        way = _strongest(within)
        if way is None or way in _UNSAID or not _is_enough(within, way):
            continue
        sentence = within.sentence(way).replace("{folder}", f"{folder}/" if folder else "the root folder")
        yield _convention(within, way, sentence, scope=folder)


def _place(cases: _Cases, tally: Tally, files: int) -> Iterator[Stated]:
    """Yield the narrowest folder or file in which nearly all cases lie."""
    ((_, places),) = list(cases.by_value.items())[:1]
    total = len(places) if cases.aspect.per_file else sum(map(len, places.values()))
    if total < MIN_COUNT + 1:
        return
    counts: dict[str, int] = {}
    for path, lines in places.items():
        for place in _ancestors(path):
            counts[place] = counts.get(place, 0) + (1 if cases.aspect.per_file else len(lines))
    near = [
        place
        for place, count in counts.items()
        if count >= _PLACE_SHARE * total and wilson(count, total) >= MIN_STRENGTH
    ]
    if not near:
        return
    place = max(near, key=lambda one: (one.count("/"), one))
    inside = {path: lines for path, lines in places.items() if path == place or path.startswith(f"{place}/")}
    size = sum(1 for path, family in tally.files.items() if family == cases.key.family and path.startswith(place))
    if size > _PLACE_SIZE * files or (cases.aspect.per_file and len(inside) < MIN_COUNT):
        return
    outside = {path: lines for path, lines in places.items() if path not in inside}
    by_value = {"in": inside, "out": outside} if outside else {"in": inside}
    shown = place if place in places else f"{place}/"
    sentence = cases.aspect.sentence(shown, cases.subject)
    if outside:
        sentence = sentence.replace(" only", " mostly")
    yield _convention(_Cases(cases.key, cases.aspect, by_value), "in", sentence)


def _ancestors(path: str) -> list[str]:
    return [path, *(str(parent) for parent in PurePosixPath(path).parents if str(parent) != ".")]


def _convention(cases: _Cases, value: str, sentence: str, scope: str = "", since: str = "") -> Stated:
    count = cases.count(value)
    total = sum(cases.count(one) for one in cases.by_value)
    others = [places for one, places in cases.by_value.items() if one != value]
    convention = Convention(
        statement=sentence, count=count, total=total, category=cases.category, scope=scope, language=cases.key.family,
        strength=round(wilson(count, total), 3), since=since,
        examples=_shown([cases.by_value[value]], cases.key.aspect), counter_examples=_shown(others, cases.key.aspect),
    )  # fmt: skip
    return Stated(cases.key.aspect, value, convention)


def _shown(groups: Sequence[Places], aspect: str) -> tuple[str, ...]:
    """Name a few places: of each file one, files that others look at before odd ones."""
    lines: dict[str, int] = {}
    for places in groups:
        for path, found in places.items():
            lines.setdefault(path, found[0])
    paths = sorted(lines)
    step = max(1, len(paths) // _SHOWN)
    named = sorted(paths[::step][:_SHOWN], key=is_legacy_path)
    by_name = aspect in {"name-file", "test-file", "test-place"}
    return tuple(path if by_name else f"{path}:{lines[path]}" for path in named)
