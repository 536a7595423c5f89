"""From manifests to spikes: each is joined with the one it extends, and every alias means one spike."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from fluorite_mcp.errors import SpikeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fluorite_mcp.models import Spike
    from fluorite_mcp.spikes.manifest import Manifest

_MAX_BASES = 8
"""A template that needs more layers than this can no longer be read."""


def build_spikes(manifests: Mapping[str, Manifest]) -> tuple[list[Spike], list[str]]:
    """Build every spike of a library.

    Args:
        manifests: By id, in the order of the library.

    Returns:
        The spikes that can be built, in order, and a message with file and line for each that cannot.
    """
    spikes: dict[str, Spike] = {}
    messages: list[str] = []
    owners = {id_: id_ for id_ in manifests}
    for manifest in manifests.values():
        try:
            _claim_aliases(manifest, owners, manifests)
            spikes[manifest.id] = _build(manifest, manifests, ())
        except SpikeError as error:
            messages.append(str(error))
    return list(spikes.values()), messages


def _build(manifest: Manifest, manifests: Mapping[str, Manifest], extending: tuple[str, ...]) -> Spike:
    if manifest.extends is None:
        return manifest.build(None)
    chain = (*extending, manifest.id)
    base = manifests.get(manifest.extends)
    if base is None:
        near = get_close_matches(manifest.extends, manifests, n=1)
        hint = f" did you mean '{near[0]}'?" if near else ""
        manifest.fail_at("extends", f"there is no spike '{manifest.extends}' to extend;{hint or ' correct the id.'}")
    if base.id in chain:
        circle = " → ".join((*chain[chain.index(base.id) :], base.id))
        manifest.fail_at("extends", f"'extends' goes in a circle: {circle}; drop one of them.")
    if len(chain) > _MAX_BASES:
        manifest.fail_at("extends", f"more than {_MAX_BASES} spikes extend each other; merge some.")
    try:
        built = _build(base, manifests, chain)
    except SpikeError as error:
        manifest.fail_at("extends", f"the spike '{base.id}' that it extends cannot be used: {error}")
    return manifest.build(built)


def _claim_aliases(manifest: Manifest, owners: dict[str, str], manifests: Mapping[str, Manifest]) -> None:
    for alias in manifest.aliases:
        if alias in owners:
            source = manifests[owners[alias]].source
            manifest.fail_at("aliases", f"the name '{alias}' belongs to {source} already; choose another.")
    owners.update(dict.fromkeys(manifest.aliases, manifest.id))
