"""Whom the runner tells what it does: the terminal, or a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azext_akskv.engine.result import StepRecord
    from azext_akskv.engine.step import Plan
    from azext_akskv.model.finding import Finding


class Reporter(Protocol):
    """The story of a run, for a person. Nothing that it is told may hold a secret."""

    def looking_at(self, what: str) -> None: ...

    def findings(self, findings: Sequence[Finding]) -> None: ...

    def plan(self, plan: Plan, records: Sequence[StepRecord]) -> None:
        """The preview: each step with the state that a look gave it (`already` or `planned`)."""

    def run_started(self, flow: str, run: str, steps: int, resumed: bool) -> None: ...

    def step_started(self, number: int, of: int, title: str) -> None: ...

    def step_ended(self, number: int, of: int, record: StepRecord) -> None: ...

    def note(self, text: str) -> None: ...

    def tick(self, text: str) -> None:
        """Progress inside a step; each replaces the one before."""
