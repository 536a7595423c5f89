"""Which templates are offered in which project."""

from __future__ import annotations

from fluorite_mcp.models import Chunk
from fluorite_mcp.suggest.intent import understand_task
from fluorite_mcp.suggest.templates import Habitat, is_offered, offer_of, used_by_many


def chunk(language: str | None, *stack: str) -> Chunk:
    return Chunk("spike:s", "spike", "S", "", language=language, frameworks=stack)


HONO = offer_of([chunk(None, "hono", "typescript"), chunk("typescript", "hono", "typescript")])
FASTAPI = offer_of([chunk("python", "fastapi", "redis")])
EXPRESS = offer_of([chunk("typescript", "express", "redis")])
DOCKER = offer_of([chunk("dockerfile", "docker"), chunk("yaml", "docker")])
OWN = offer_of([chunk("python")])
SHARED = used_by_many([HONO, FASTAPI, EXPRESS, DOCKER])

PYTHON = Habitat(frozenset({"python"}), frozenset({"fastapi"}))
STACKS = ("hono", "fastapi", "express", "redis", "docker")


def offered(task: str, habitat: Habitat = PYTHON) -> list[str]:
    intent = understand_task(task, (), STACKS, tuple(sorted(habitat.frameworks)))
    found = {"hono": HONO, "fastapi": FASTAPI, "express": EXPRESS, "docker": DOCKER, "own": OWN}
    return [name for name, offer in found.items() if is_offered(offer, intent, habitat, SHARED)]


def test_a_template_of_the_projects_kind_is_offered() -> None:
    assert offered("add rate limiting") == ["fastapi", "own"]


def test_another_framework_is_offered_where_the_task_names_it() -> None:
    assert offered("add rate limiting to the Hono gateway") == ["hono", "own"]


def test_naming_what_several_languages_use_names_no_language() -> None:
    assert "redis" in SHARED
    assert offered("cache the answers in Redis") == ["fastapi", "own"]


def test_configuration_is_offered_where_it_is_asked_for() -> None:
    assert "docker" in offered("deploy the service")
    assert "docker" in offered("write a Docker image")
    assert "docker" not in offered("sort the invoices")


def test_a_new_project_takes_any_template() -> None:
    assert offered("add rate limiting", Habitat()) == ["hono", "fastapi", "express", "docker", "own"]
