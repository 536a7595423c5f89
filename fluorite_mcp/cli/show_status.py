"""How figures and findings look to a person: status, doctor, settings, models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluorite_mcp.cli.output import Output, Part, count
from fluorite_mcp.cli.show_chunks import project_name

if TYPE_CHECKING:
    from fluorite_mcp.cli.inspect_settings import ConfigReport
    from fluorite_mcp.cli.system import ModelList
    from fluorite_mcp.operations.doctor import DoctorResult
    from fluorite_mcp.results import StatusResult

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_BYTES_PER_MB = 1_000_000
_BYTES_PER_GB = 1_000_000_000


def show_status(out: Output, result: StatusResult) -> None:
    """Print figures, one per line."""
    chunks = ", ".join(f"{number:,} {kind}" for kind, number in result.chunks.items()) or "none"
    asked = result.cache.get("hits", 0) + result.cache.get("misses", 0)
    rows: list[tuple[str, str]] = [
        ("version", result.version),
        ("health", "ok" if result.healthy else "see the notes"),
        ("data folder", result.data_dir),
        ("project", f"{project_name(result)} {result.project.root or ''}".strip()),
        ("chunks", f"{chunks}; {result.archived:,} archived"),
        ("projects", ", ".join(str(project.name) for project in result.projects) or "none"),
        ("model", f"{result.model}, {result.model_state}"),
        *([("re-ranking", result.reranker)] if result.reranker else []),
        ("sizes", ", ".join(f"{_size_name(name)} {_megabytes(size)}" for name, size in result.sizes.items())),
        ("cache", f"{result.cache.get('hits', 0):,} of {asked:,} asked for were there"),
        ("last learning", result.last_learning or "never"),
        ("newest backup", result.newest_backup or "none"),
        *[("together" if not at else "", one) for at, one in enumerate(result.metrics.get("used_together", ()))],
    ]
    out.columns([((name, "dim"), value) for name, value in rows])


def _size_name(name: str) -> str:
    return name.removesuffix("_bytes")


def _megabytes(size: int) -> str:
    return f"{size / _BYTES_PER_MB:.1f} MB"


def show_findings(out: Output, result: DoctorResult) -> None:
    """Print each finding with what to do about it, then the verdict."""
    for done in result.rebuilt:
        out.line(f"rebuilt {done}")
    width = max(len(finding.check) for finding in result.findings)
    for finding in result.findings:
        out.line((f"{finding.state:<4}", _STYLES[finding.state]), f"  {finding.check:<{width}}  {finding.message}")
        if finding.advice:
            out.line(f"      {'':<{width}}  → {finding.advice}")
    states = [finding.state for finding in result.findings]
    if "fail" in states:
        out.line((f"{count(states.count('fail'), 'check')} failed.", "bold red"))
    elif "warn" in states:
        out.line((f"It works; {count(states.count('warn'), 'thing')} to look at.", "yellow"))
    else:
        out.line(("All is well.", "green"))


def show_settings(out: Output, report: ConfigReport) -> None:
    """Print each setting with its value and where that comes from."""
    out.line((f"settings file: {report.file}{'' if report.exists else ' (there is none)'}", "dim"))
    rows: list[tuple[Part, Part, Part]] = [
        (value.name, (value.value, "bold"), (value.source, "dim" if value.source == "default" else "cyan"))
        for value in report.values
    ]
    out.columns(rows)


def show_models(out: Output, result: ModelList) -> None:
    """Print what `embedding_model` and `reranker` may be, the chosen ones marked."""
    rows: list[tuple[Part, ...]] = [
        (
            ("*", "green") if model.name == result.configured else " ",
            (model.name, "bold cyan"),
            f"{model.dimensions}",
            f"{model.size_bytes / _BYTES_PER_GB:.2f} GB" if model.size_bytes else "bundled",
            model.licence,
            (model.description, "dim"),
        )
        for model in result.models
    ]
    out.columns(rows)
    out.line(("embedding_model may also be a folder with an ONNX model, or an endpoint's URL#model.", "dim"))
    out.line("")
    rerankers: list[tuple[Part, ...]] = [
        (
            ("*", "green") if model.name == result.configured_reranker else " ",
            (model.name, "bold cyan"),
            f"{model.size_bytes / _BYTES_PER_GB:.2f} GB",
            model.licence,
            (model.description, "dim"),
        )
        for model in result.rerankers
    ]
    out.columns(rerankers)
    out.line(("reranker may be one of these or a folder with an ONNX model; it is empty by default.", "dim"))
