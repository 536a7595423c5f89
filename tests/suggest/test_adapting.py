"""A template takes the names that the project has, and says which ones it assumed."""

from __future__ import annotations

import pytest

from fluorite_mcp.models import Spike, SpikeParam
from fluorite_mcp.suggest.adapting import fit_params, project_names

PATHS = ["src/ledger/__init__.py", "src/ledger/api.py", "src/ledger/users/apps.py", "src/ledger/settings.py",
         "tests/test_api.py", "scripts/load.py"]  # fmt: skip
MANIFESTS = {
    "go.mod": "module example.com/ledger\n\ngo 1.25\n",
    "package.json": '{ "name": "@acme/ledger-web" }',
    "Cargo.toml": '[package]\nname = "ledgerd"\n',
}
NAMES = project_names("ledger-repository", PATHS, MANIFESTS)


def spike(param: SpikeParam, *stack: str) -> Spike:
    return Spike("s", "S", "1.0.0", stack, (), "d", (param,))


@pytest.mark.parametrize(
    ("param", "stack", "value"),
    [
        (SpikeParam("package", "app", "Import name of the package.", type="name"), ("python",), "ledger"),
        (SpikeParam("module", None, "Go module path.", required=True), ("go",), "example.com/ledger"),
        (SpikeParam("app", "shop", "The Django app."), ("django", "python"), "users"),
        (SpikeParam("project", "config", "Package that holds settings.py."), ("django", "python"), "ledger"),
        (SpikeParam("name", "tasks", "Name of the crate."), ("rust",), "ledgerd"),
        (SpikeParam("service", "api", "Name of the service."), ("docker",), "@acme/ledger-web"),
    ],
)
def test_a_parameter_is_filled_from_the_project(param: SpikeParam, stack: tuple[str, ...], value: str) -> None:
    fitted = fit_params(spike(param, *stack), NAMES)

    assert (dict(fitted.values), fitted.assumed) == ({param.name: value}, ())


@pytest.mark.parametrize(
    "param",
    [
        SpikeParam("entity", "order", "What is stored, singular."),
        SpikeParam("package", "app", "Package measured for coverage.", type="name"),
        SpikeParam("name", "x", "Name of the crate.", pattern="[a-z]{1,3}"),
    ],
)
def test_what_the_project_does_not_say_is_assumed(param: SpikeParam) -> None:
    fitted = fit_params(spike(param, "python", "rust"), NAMES)

    assert (dict(fitted.values), fitted.assumed) == ({}, (param.name,))


def test_a_project_of_which_nothing_is_known_fills_nothing() -> None:
    param = SpikeParam("package", "app", "Import name of the package.", type="name")

    assert fit_params(spike(param, "python"), project_names("", [], {})).values == {}
