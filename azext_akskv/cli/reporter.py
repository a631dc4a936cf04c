"""The story of a command on stderr: on a terminal with colours and a progress line, elsewhere in plain lines."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from azext_akskv.engine.result import Result, StepRecord
from azext_akskv.engine.step import Plan
from azext_akskv.model.finding import Finding
from azext_akskv.model.state import KmsState
from azext_akskv.report import text
from azext_akskv.report.plain import plain, visible
from azext_akskv.report.times import duration
from azext_akskv.report.topology import picture_lines

if TYPE_CHECKING:
    from azext_akskv.model.diagnosed import Diagnosed
    from azext_akskv.model.provided import Provided
    from azext_akskv.model.provider.reading import Reading

_RED, _GREEN, _YELLOW, _CYAN, _GREY = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m", "\x1b[90m"
_RESET = "\x1b[0m"
COLOURS = {
    **dict.fromkeys(("error", "failed", "ERROR", "missing"), _RED),
    **dict.fromkeys(("warning", "unknown", "check", "keep", "Waiting"), _YELLOW),
    **dict.fromkeys(("ok", "done", "proof", "made"), _GREEN),
    **dict.fromkeys(("planned", "note"), _CYAN),
    **dict.fromkeys(("already", "skipped"), _GREY),
}
PLAIN_EVERY_SECONDS = 5.0
"""Without a terminal progress is a line of its own, and only when nothing was said for so long."""


@dataclass(frozen=True)
class Screen:
    """Where the story goes. `live`: a terminal, whose last line can be written again."""

    stream: TextIO
    live: bool = False
    colour: bool = False
    silent: bool = False
    verbose: bool = False
    monotonic: Callable[[], float] = time.monotonic

    def show(self, lines: Sequence[text.Line]) -> None:
        for line in lines:
            self.stream.write(self._drawn(line) + "\n")
        self.stream.flush()

    def fits(self, words: str) -> bool:
        """Without a terminal every line does."""
        return not self.live or len(words) < self._columns()

    def draw_over(self, words: str) -> None:
        """Replaces the line at the cursor, which stays open for the next one."""
        self.stream.write("\r\x1b[K" + visible(words)[: self._columns() - 1])
        self.stream.flush()

    def _drawn(self, line: text.Line) -> str:
        words = visible(line.text)  # whoever made the line has cleaned what is not ours; here nothing can be forgotten
        if self.live and line.wraps:
            room = max(self._columns() - len(line.head) - 1, 30)
            words = ("\n" + " " * len(line.head)).join(textwrap.wrap(words, room, break_on_hyphens=False) or [""])
        head = visible(line.head)
        if self.colour and line.mark in COLOURS:
            head = head.replace(line.mark, f"{COLOURS[line.mark]}{line.mark}{_RESET}", 1)
        return (head + words).rstrip()

    def _columns(self) -> int:
        return shutil.get_terminal_size().columns


class TerminalReporter:
    """Tells a run's story on a screen. Only errors are told when the user asked for no more (`--only-show-errors`)."""

    def __init__(self, screen: Screen, cluster: str) -> None:
        self._screen = screen
        self._cluster = cluster
        self._progress_open = False
        self._last_line = screen.monotonic()
        self._blank = True
        self._told: set[Finding] = set()
        self._step_head = ""
        self._step = ""
        self._step_began = 0.0
        self._width = 0
        self._nothing_to_do = False
        self._untold: StepRecord | None = None

    def looking_at(self, what: str) -> None:
        self._progress(f"Looking at {plain(what)} ...", live_only=True)

    def findings(self, findings: Sequence[Finding]) -> None:
        again = " again" if self._told else ""
        head = text.Line("", f"Looked{again} at {self._cluster}, {text.counted(findings)}")
        new = [finding for finding in findings if finding not in self._told]
        self._tell([head, *text.finding_lines(new, text.EVERY if self._screen.verbose else text.SHOWN)])
        self._told.update(findings)

    def state(self, state: KmsState) -> None:
        """What `kms show` has seen."""
        self.findings(state.findings)
        self._tell(text.state_lines(state))

    def fleet(self, states: Sequence[KmsState], gaps: Sequence[str]) -> None:
        """What `kms list` has seen: how many clusters, and what could not be listed."""
        self._tell(text.fleet_lines(states, gaps), always=bool(gaps))

    def reading(self, reading: Reading, findings: Sequence[Finding]) -> None:
        """What `diagnose --logs` made of texts."""
        from azext_akskv.report.provider import reading_lines

        self._tell(reading_lines(reading, findings, text.EVERY if self._screen.verbose else text.SHOWN))

    def diagnosed(self, found: Diagnosed) -> None:
        """What `diagnose` has seen of a cluster."""
        from azext_akskv.report.diagnosis import diagnosed_lines

        self._tell(diagnosed_lines(found, self._screen.verbose))

    def generated(self, findings: Sequence[Finding], *, blocked: bool) -> None:
        """What was found on the way to YAML."""
        self.findings(findings)
        if blocked:
            stopping = [finding for finding in findings if finding.blocks]
            untold = text.finding_lines(stopping) if self._screen.silent else []
            self._tell([*untold, text.error_line("No YAML was made: see what is in the way above.")], always=True)

    def provided(self, found: Provided) -> None:
        """What `secrets-provider show` has seen."""
        from azext_akskv.report.provision import provided_lines

        self.findings(found.findings)
        self._tell(provided_lines(found))

    def plan(self, plan: Plan, records: Sequence[StepRecord]) -> None:
        self._width = text.title_width(records)
        self._nothing_to_do = all(record.state == "already" for record in records)
        lines = [text.Line("", ""), *picture_lines(plan.picture), *text.plan_lines(plan, records, self._cluster)]
        self._tell([*lines, text.Line("", "")])

    def run_started(self, flow: str, run: str, steps: int, resumed: bool) -> None:
        if not self._nothing_to_do:
            self._tell([text.Line("", f"Going on with run {run}" if resumed else f"Run {run}")])

    def step_started(self, number: int, of: int, title: str) -> None:
        if self._untold:
            self._tell([text.why_line(self._untold)])
        self._untold = None
        self._step_head = f"  {number:>{len(str(of))}}/{of} {'...':<9}"
        self._step = f"{self._step_head}{plain(title)}"
        self._step_began = self._screen.monotonic()
        self._progress(self._step, live_only=True)

    def step_ended(self, number: int, of: int, record: StepRecord) -> None:
        if not (self._nothing_to_do and record.state == "already"):
            self._tell([text.ended_line(number, of, record, self._width)])
        self._untold = record if record.state == "failed" else None
        self._step = self._step_head = ""

    def note(self, words: str) -> None:
        self._tell([text.Line("  note   ", plain(words), "note")])

    def tick(self, words: str) -> None:
        took = self._screen.monotonic() - self._step_began
        since = f" ({duration(took)})" if self._step and took >= 1 else ""
        told = f"{plain(words)}{since}"
        whole = f"{self._step}   {told}" if self._step else told
        self._progress(whole if self._screen.fits(whole) else f"{self._step_head}{told}")

    def ended(self, result: Result, command: str) -> None:
        """The last word about a change; what went wrong is said even when only errors are wanted."""
        untold = [each for each in result.findings if each.blocks] if self._screen.silent else []
        shown = result.picture and (result.picture.made or result.status == "refused")
        drawn = picture_lines(result.picture) if shown else []
        lines = [*drawn, text.Line("", ""), *text.ending(result, command), *text.finding_lines(untold)]
        self._tell(lines, always=result.status in ("failed", "refused"))

    def failed(self, words: str, following: str = "") -> None:
        """Something went wrong outside of any run."""
        command = [text.Line("Next:  ", plain(following), wraps=False)] if following else []
        self._tell([text.error_line(words), *command], always=True)

    def _progress(self, words: str, live_only: bool = False) -> None:
        if self._screen.silent:
            return
        if self._screen.live:
            self._screen.draw_over(words)
            self._progress_open = True
            return
        if not live_only and self._screen.monotonic() - self._last_line >= PLAIN_EVERY_SECONDS:
            self._tell([text.Line("", words)])

    def _tell(self, lines: Sequence[text.Line], always: bool = False) -> None:
        if self._screen.silent and not always:
            return
        if self._progress_open:
            self._screen.draw_over("")
            self._progress_open = False
        for line in lines:
            blank = not (line.head or line.text)
            if not (blank and self._blank):  # never two in a row, and none at the beginning
                self._screen.show([line])
            self._blank = blank
        self._last_line = self._screen.monotonic()


def reporter_for(cli_ctx: Any, cluster: str) -> TerminalReporter:
    """A reporter on stderr that obeys az's settings: --only-show-errors, --verbose, core.no_color."""
    live = sys.stderr.isatty()
    level = getattr(cli_ctx.logging, "log_level", None) or 0
    screen = Screen(
        sys.stderr,
        live=live and level < 4,  # --debug writes lines of its own between ours [CLI: CliLogLevel.DEBUG]
        colour=live and bool(cli_ctx.enable_color),
        silent=bool(cli_ctx.only_show_errors),
        verbose=level >= 3,
    )
    return TerminalReporter(screen, cluster)
