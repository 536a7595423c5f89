"""Learning chunks as files: the same bytes for the same chunks, and one rule that joins two versions."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.chunk_files import (
    MANIFEST_NAME,
    SharedChunk,
    from_line,
    join,
    read_folder,
    to_files,
    to_line,
    write_folder,
)
from fluorite_mcp.learning.feedback import Judgement
from fluorite_mcp.models import OUTCOMES, Chunk, Origin

TIMES = tuple(f"2026-0{month}-01T00:00:00.000000Z" for month in range(1, 7))


def shared(
    content: str = "Releases are cut on Tuesdays.",
    at: str = TIMES[0],
    *,
    id_: str = "note-1",
    prior: float = 0.6,
    judgements: frozenset[Judgement] = frozenset(),
    relations: tuple[tuple[str, str, float], ...] = (),
) -> SharedChunk:
    chunk = Chunk(
        id_, "note", "Releases", content, tags=("release",), origin=Origin(url="https://example.org/a"),
        created_at=TIMES[0], accessed_at=at, recorded_at=at, metadata={"team": "api"},
    )  # fmt: skip
    return SharedChunk(chunk, "project", prior, judgements, relations)


JUDGEMENTS = st.frozensets(st.builds(Judgement, st.sampled_from(TIMES), st.sampled_from((*OUTCOMES, "changed"))))
RELATIONS = st.dictionaries(
    st.tuples(st.sampled_from(("similar", "used-with")), st.sampled_from("ab")), st.sampled_from((0.25, 0.5, 1.0))
).map(lambda edges: tuple(sorted((type_, target, weight) for (type_, target), weight in edges.items())))
VERSIONS = st.builds(
    shared, st.sampled_from(("one", "two", "three")), st.sampled_from(TIMES), prior=st.sampled_from((0.2, 0.5, 0.9)),
    judgements=JUDGEMENTS, relations=RELATIONS,
)  # fmt: skip


@settings(deadline=None)
@given(VERSIONS, VERSIONS, VERSIONS)
def test_joining_cares_neither_for_order_nor_for_grouping_nor_for_repeating(
    a: SharedChunk, b: SharedChunk, c: SharedChunk
) -> None:
    assert join(a, b) == join(b, a)
    assert join(join(a, b), c) == join(a, join(b, c))
    assert join(a, a) == a
    assert join(join(a, b), b) == join(a, b)


@settings(deadline=None)
@given(st.lists(VERSIONS, min_size=1, max_size=6), st.randoms())
def test_any_order_of_many_versions_gives_the_same_line(versions: list[SharedChunk], random: object) -> None:
    mixed = list(versions)
    random.shuffle(mixed)  # type: ignore[attr-defined]

    assert to_line(reduce(join, versions)) == to_line(reduce(join, mixed))


@settings(deadline=None)
@given(VERSIONS)
def test_a_line_is_read_back_as_it_was(version: SharedChunk) -> None:
    assert from_line(to_line(version), "a:1") == version


def test_the_later_text_wins_and_at_the_same_time_the_larger_hash() -> None:
    early, late = shared("early", TIMES[0]), shared("late", TIMES[1])
    same = [shared("one", TIMES[0]), shared("two", TIMES[0])]

    assert join(early, late).chunk.content == "late"
    assert join(*same).content_hash == max(one.content_hash for one in same)


def test_judgements_are_united_and_no_hash_changes_with_them() -> None:
    helpful, wrong = Judgement(TIMES[1], "helpful"), Judgement(TIMES[2], "wrong")
    joined = join(shared(judgements=frozenset({helpful})), shared(judgements=frozenset({wrong})))

    assert joined.judgements == {helpful, wrong}
    assert joined.content_hash == shared().content_hash
    assert json.loads(to_line(joined))["quality"] < 0.1


def test_files_are_sorted_one_line_a_chunk_and_hold_no_weekday_of_their_making(tmp_path: Path) -> None:
    chunks = [shared(id_=f"note-{number}") for number in (2, 1, 3)]
    files = to_files(chunks)

    assert to_files(reversed(chunks)) == files
    assert set(files) == {MANIFEST_NAME, "note-general.jsonl"}
    lines = files["note-general.jsonl"].splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["note-1", "note-2", "note-3"]
    assert all(
        {"hash", "quality", "prior", "judgements", "origin", "recorded_at"} <= json.loads(one).keys() for one in lines
    )


def test_writing_again_changes_nothing_and_what_is_gone_goes(tmp_path: Path) -> None:
    first = to_files([shared(), shared(id_="note-2")])

    assert set(write_folder(tmp_path, first)) == set(first)
    assert write_folder(tmp_path, first) == ()
    assert write_folder(tmp_path, to_files([])) == ("note-general.jsonl",)
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST_NAME]


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("{}\n")

    with pytest.raises(InputError, match="no learning chunks"):
        write_folder(tmp_path, to_files([shared()]))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.jsonl"]


def test_versions_of_a_chunk_in_several_files_are_joined_as_git_may_leave_them(tmp_path: Path) -> None:
    write_folder(tmp_path, to_files([shared("early", TIMES[0])]))
    (tmp_path / "other.jsonl").write_text(to_line(shared("late", TIMES[1])) + "\n")
    found, files = read_folder(tmp_path)

    assert (found["note-1"].chunk.content, files) == ("late", 2)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "poem"}, {"scope": "world"}, {"prior": 2}, {"judgements": [["2026", "good"]]}, {"title": None},
        {"judgements": [["never", "wrong"]]}, {"relations": [["loves", "x", 1]]}, {"origin": {"street": 1}},
        {"tags": "release"}, {"metadata": 3}, {"id": ""},
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_refused_with_its_place(change: dict[str, object]) -> None:
    values = json.loads(to_line(shared())) | change

    with pytest.raises(InputError, match=r"^a\.jsonl:7: not a learning chunk"):
        from_line(json.dumps(values), "a.jsonl:7")


@pytest.mark.parametrize("line", ["", "[]", "3", "{", "null", '{"id": "x"}'])
def test_what_is_no_object_is_refused(line: str) -> None:
    with pytest.raises(InputError, match="not a learning chunk"):
        from_line(line, "a.jsonl:7")


def test_a_line_edited_by_hand_is_told_apart_until_its_hash_is_taken_out() -> None:
    values = json.loads(to_line(shared())) | {"content": "Releases are cut on Mondays."}

    with pytest.raises(InputError, match="was edited here"):
        from_line(json.dumps(values), "a.jsonl:7")
    del values["hash"]
    assert from_line(json.dumps(values), "a.jsonl:7").chunk.content == "Releases are cut on Mondays."


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "missing or damaged"), ("{}", "missing or damaged"), ('{"format": "x", "version": 1}', "Upgrade"),
     ('{"format": "fluorite-learning-chunks", "version": 99}', "Upgrade")],
)  # fmt: skip
def test_a_folder_of_another_format_is_refused(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / MANIFEST_NAME).write_text(text)

    with pytest.raises(InputError, match=message):
        read_folder(tmp_path)


def test_a_name_of_a_file_is_plain_whatever_a_framework_is_called() -> None:
    odd = shared()
    odd = replace(odd, chunk=replace(odd.chunk, frameworks=("../../C++ & Söhne",)))

    assert set(to_files([odd])) == {MANIFEST_NAME, "note-c-s-hne.jsonl"}
