"""What one check says about a snapshot."""

from __future__ import annotations

from azext_akskv.checks.declare import CATALOGUE, findings_of
from azext_akskv.model.finding import Finding
from azext_akskv.model.snapshot import Snapshot
from tests.remedies import refusal_of


def findings(code: str, snapshot: Snapshot) -> list[Finding]:
    return findings_of(CATALOGUE[code], snapshot)


def state(code: str, snapshot: Snapshot) -> str:
    """Of the only finding."""
    [finding] = findings(code, snapshot)
    return finding.state.value


def problem(code: str, snapshot: Snapshot) -> Finding:
    """The only finding, which says what, why, and what to run."""
    [finding] = findings(code, snapshot)
    assert finding.state.value in ("error", "warning"), finding
    assert finding.text and finding.why, finding
    assert not refusal_of(finding.command)
    return finding
