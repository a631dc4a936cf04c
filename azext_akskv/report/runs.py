"""What the journal remembers of a run, as rows: who, when, what was before and after, and what is left."""

from __future__ import annotations

from typing import Any

from azext_akskv.engine.journal import RunFile
from azext_akskv.report.plain import plain

Row = dict[str, Any]


def run_row(run: RunFile) -> Row:
    """One run. `left` are the codes of the steps that neither ended nor were found to be done already."""
    before = run.first.get("before") or {}
    row: Row = {
        "run": run.run,
        "flow": run.flow,
        "cluster": run.cluster.name,
        "resourceGroup": run.cluster.group,
        "subscription": run.cluster.subscription,
        "status": run.status,
        "started": str(run.first["at"]),
        "ended": str(run.lines[-1]["at"]),
        "caller": str(before.get("caller", "")),
        "left": left_of(run),
    }
    return cleaned_row(row)


def run_story(run: RunFile) -> Row:
    """One run with all that its journal holds. `operations` and `requests` are what Azure support asks for."""
    story: Row = {
        "asked": str(run.first.get("asked", "")),
        "before": dict(run.first.get("before") or {}),
        "after": run.facts(),
        "operations": [str(line["url"]) for line in run.lines if line.get("url")],
        "requests": [str(line["request"]) for line in run.lines if line.get("request")],
        "lines": [dict(line) for line in run.lines],
    }
    return {**run_row(run), **cleaned_row(story)}


def cleaned_row(row: Row) -> Row:
    """The same with every text in it made plain: a journal holds what services said."""
    return {plain(name): cleaned(value) for name, value in row.items()}


def cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [cleaned(each) for each in value]
    if isinstance(value, dict):
        return cleaned_row(value)
    return value


def left_of(run: RunFile) -> list[str]:
    """The last thing that the journal says of each step decides."""
    planned: list[str] = next((line["steps"] for line in reversed(run.lines) if line["event"] == "plan"), [])
    last = {line["step"]: line["event"] for line in run.lines if line.get("step")}
    return [code for code in planned if last.get(code) not in ("end", "already")]
