"""What findings mean for a command: which it repairs itself, which another command mends, which the user overrules."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from azext_akskv.model.finding import Finding, State


def cured(findings: Sequence[Finding], codes: frozenset[str]) -> list[Finding]:
    """What the flow itself repairs becomes a warning, with nothing to run for it; what could not be looked at goes on
    to block."""
    return [
        _not_stopping(finding) if finding.state is State.ERROR and finding.code in codes else finding
        for finding in findings
    ]


def for_later(findings: Sequence[Finding], codes: frozenset[str]) -> list[Finding]:
    """What another command mends becomes a warning with that command; so does what could not be looked at of it."""
    return [
        dataclasses.replace(finding, state=State.WARNING, text=f"{finding.text} (does not stop this command)")
        if finding.blocks and finding.code in codes
        else finding
        for finding in findings
    ]


def _not_stopping(finding: Finding) -> Finding:
    text = f"{finding.text} (does not stop this command)"
    return dataclasses.replace(finding, state=State.WARNING, text=text, command="")


def accepted(findings: Sequence[Finding], codes: Sequence[str]) -> list[Finding]:
    """Findings that the user overrules by name become warnings that say so; those that nobody may overrule stay."""
    return [
        dataclasses.replace(finding, state=State.WARNING, text=f"{finding.text} (accepted)")
        if finding.blocks and finding.may_accept and finding.code in codes
        else finding
        for finding in findings
    ]
