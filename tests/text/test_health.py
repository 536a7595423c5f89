"""How much of a piece of code its grammar reads."""

from __future__ import annotations

import pytest

from fluorite_mcp.text.health import parse_health

METHODS = {
    "python": "    def total(self):\n        return self.amount\n",
    "java": "  public int total() {\n    return amount;\n  }\n",
    "typescript": "  async total(now: Date): Promise<number> {\n    return this.amount;\n  }\n",
    "php": "    public function total(): int\n    {\n        return $this->amount;\n    }\n",
    "rust": "    fn total(&self) -> i64 {\n        self.amount\n    }\n",
}


@pytest.mark.parametrize("language", METHODS)
def test_a_method_that_stands_alone_is_whole(language: str) -> None:
    assert parse_health(METHODS[language], language) == 1.0


def test_what_is_broken_is_less_than_whole_and_a_mess_is_worse() -> None:
    broken = parse_health("def total(:\n    return 1\n\n\ndef other():\n    return 2\n", "python")
    mess = parse_health(")))((( {{ def def def ]]] 9a9a ++", "python")

    assert broken is not None
    assert mess is not None
    assert 0 <= mess < broken < 1


@pytest.mark.parametrize("language", [None, "markdown"])
def test_what_has_no_grammar_or_is_prose_has_no_health(language: str | None) -> None:
    assert parse_health("# Words\n", language) is None
    assert parse_health("", "python") is None
