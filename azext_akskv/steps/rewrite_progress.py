"""How far a rewrite is: `1,250 of 3,000 secrets, 190/s, 9 s left`."""

from __future__ import annotations

from azext_akskv.engine.step import Run
from azext_akskv.model.kube import Tally

EVERY_SECONDS = 0.2


class Progress:
    def __init__(self, run: Run, before: int, expected: int | None) -> None:
        """`before`: what an earlier attempt had done already."""
        self._run = run
        self._before = before
        self._expected = expected
        self._begun = self._shown = run.clock.monotonic()

    def show(self, tally: Tally) -> None:
        """Tells the reporter, but not more often than a person can read."""
        now = self._run.clock.monotonic()
        if now - self._shown >= EVERY_SECONDS:
            self._shown = now
            self._run.reporter.tick(sentence(tally.total, self._expected, self._rate(tally, now)))

    def _rate(self, tally: Tally, now: float) -> float:
        return (tally.total - self._before) / (now - self._begun)


def sentence(done: int, expected: int | None, rate: float) -> str:
    """`rate` in secrets a second. Without an expected number there is nothing to say about the time left."""
    parts = [f"{done:,} secrets" if expected is None else f"{done:,} of {max(done, expected):,} secrets"]
    if rate > 0:
        parts.append(f"{rate:,.0f}/s" if rate >= 1 else f"{rate * 60:,.0f}/min")
        if expected is not None:
            parts.append(f"{in_short(max(0, expected - done) / rate)} left")
    return ", ".join(parts)


def in_short(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
