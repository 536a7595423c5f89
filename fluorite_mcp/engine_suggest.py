"""The parts that make a suggestion, composed for an engine."""

from __future__ import annotations

from fluorite_mcp.operations.combinations import Combinations
from fluorite_mcp.operations.conventions import ProjectConventions
from fluorite_mcp.operations.current import CurrentProject
from fluorite_mcp.operations.fitting_templates import FittingTemplates
from fluorite_mcp.operations.habits import HabitsReader
from fluorite_mcp.operations.mine import Mine
from fluorite_mcp.operations.search import Search
from fluorite_mcp.operations.suggest import Suggest
from fluorite_mcp.operations.template_filling import TemplateFilling
from fluorite_mcp.operations.templates import Templates
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.storage.store import Store


def engine_suggest(
    store: Store,
    current: CurrentProject,
    search: Search,
    templates: Templates,
    combinations: Combinations,
    mine: Mine,
    usage: Usage,
) -> Suggest:
    """Return what answers `suggest`.

    Args:
        store: Where everything is.
        current: Finds the project of a request.
        search: Ranks templates, code and notes.
        templates: Every template there is.
        combinations: Which frameworks are used together.
        mine: Keeps what is mined up to date.
        usage: Remembers what was shown.
    """
    chunks = store.chunks
    fitting = FittingTemplates(search, TemplateFilling(templates, chunks), combinations)
    conventions = ProjectConventions(chunks, store.mined, store.projects)
    return Suggest(current, search, chunks, HabitsReader(chunks), fitting, mine, conventions, usage)
