from __future__ import annotations

import os
from pathlib import Path

import pytest

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.spikes import library
from fluorite_mcp.spikes.document import MAX_SPIKE_BYTES
from fluorite_mcp.spikes.library import bundled_folder, load_spikes, read_spike_text


def spike_text(spike_id: str) -> str:
    files = "files: [{path: a.txt, template: x}]"
    return f"id: {spike_id}\nname: N\nversion: 1.0.0\nstack: [a]\ndescription: d\n{files}\n"


def write(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def test_spikes_are_found_in_subfolders_in_the_order_of_their_paths(tmp_path: Path) -> None:
    write(tmp_path, "b/two.yml", spike_text("two"))
    write(tmp_path, "a/one.yaml", spike_text("one"))
    write(tmp_path, "three.YAML", "\ufeff" + spike_text("three"))
    write(tmp_path, ".hidden/four.yaml", "broken: [")
    write(tmp_path, "readme.md", "not a spike")
    spikes, messages = load_spikes(tmp_path)
    assert ([spike.id for spike in spikes], messages) == (["one", "two", "three"], [])


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "spikes"
    write(folder, "a.yaml", "id: [")
    write(folder, "b.yaml", b"id: a\nname: \xff\xfe\n")
    write(folder, "c.yaml", b"#" * (MAX_SPIKE_BYTES + 1))
    write(folder, "d.yaml", spike_text("good"))
    spikes, messages = load_spikes(folder)
    assert [spike.id for spike in spikes] == ["good"]
    assert [message.split(" ")[0] for message in messages] == ["spikes/a.yaml:2:", "spikes/b.yaml:2:", "spikes/c.yaml:"]
    assert "not UTF-8" in messages[1]


def test_the_first_of_two_spikes_with_one_id_stays(tmp_path: Path) -> None:
    write(tmp_path, "s/a.yaml", spike_text("same"))
    write(tmp_path, "s/b.yaml", spike_text("same"))
    spikes, messages = load_spikes(tmp_path / "s")
    assert len(spikes) == 1
    assert messages == ["s/b.yaml: the id 'same' belongs to s/a.yaml already; choose another."]


def test_a_missing_folder_is_a_message(tmp_path: Path) -> None:
    spikes, messages = load_spikes(tmp_path / "none")
    assert spikes == []
    assert "no such folder" in messages[0]


def test_an_unreadable_file_is_a_message(tmp_path: Path) -> None:
    path = tmp_path / "gone.yaml"
    with pytest.raises(SpikeError, match=r"gone\.yaml: cannot be read: No such file"):
        library.read_spike_text(path, "gone.yaml")


def test_the_packaged_copy_wins_over_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "fluorite_mcp"
    monkeypatch.setattr(library, "_PACKAGE", package)
    with pytest.raises(SpikeError, match="reinstall"):
        bundled_folder()
    (tmp_path / "spikes").mkdir()
    assert bundled_folder() == tmp_path / "spikes"
    (package / "data" / "spikes").mkdir(parents=True)
    assert bundled_folder() == package / "data" / "spikes"


@pytest.mark.timeout(10)
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(SpikeError, match=r"pipe\.yaml: is no regular file"):
        read_spike_text(tmp_path / "pipe.yaml", "pipe.yaml")
