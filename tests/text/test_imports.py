"""Lines that name other files, in the languages people write."""

from __future__ import annotations

import pytest

from fluorite_mcp.text.imports import import_lines


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from pkg.mod import name",
        "    from . import late",
        'import { Hono } from "hono";',
        'export * from "./wire";',
        'const fs = require("fs");',
        'import "net/http"',
        "use crate::wire::Frame;",
        "pub use self::wire::Frame;",
        "mod wire;",
        "pub mod wire;",
        "#include <stdio.h>",
        '#  include "wire.h"',
        "import java.util.List;",
        "using System.Text;",
        "require 'json'",
        "require_relative 'wire'",
        'local wire = require("wire")',
        "import qualified Data.Map as Map",
        "alias Shop.Wire",
        "open System.IO",
        'const std = @import("std");',
        "source ./wire.sh",
    ],
)
def test_a_line_that_names_another_file_is_found(line: str) -> None:
    assert import_lines(f"first()\n{line}\nlast()") == line


@pytest.mark.parametrize(
    "line",
    ["important = 1", "opened()", "users = []", "x = import_module(name)", "const a = 1", "module_a()", "from_a(1)"],
)
def test_a_line_that_only_begins_alike_is_not_taken(line: str) -> None:
    assert import_lines(line) == ""


def test_lines_come_in_order_one_below_the_other() -> None:
    assert import_lines("import a\n\nimport b\nrun()\nimport c") == "import a\nimport b\nimport c"
