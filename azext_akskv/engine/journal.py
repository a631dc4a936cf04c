"""What a run remembers on this machine: append-only JSON lines, readable by their owner alone, on disk before each act.

Reality decides; the journal only helps to find out faster what a killed run was doing. It holds names, times and
operation URLs, never a body, a token or a value. One folder a cluster, one file a run, one lock a folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from azext_akskv.engine.waiting import Clock
from azext_akskv.model import members
from azext_akskv.model.ids import ResourceId

FORMAT = 1
ENDINGS = ("done", "declined", "refused", "abandoned")
"""Events after which a run needs no continuation; failed, waiting and interrupted ones do."""
NAME = re.compile(r"[a-zA-Z0-9-]{1,100}", re.ASCII)
"""Of a run and of a flow."""
TEXTS = ("run", "flow", "asked", "cluster", "step", "detail", "why", "url", "request")
"""Members of a line that are text, where it has them."""


class Busy(Exception):
    """Another process on this machine is changing this cluster; the text names its run."""


class JournalTrouble(Exception):
    """The journal cannot be read, written or understood; nothing was changed."""


@dataclass(frozen=True)
class RunFile:
    """One run as the journal has it. `lines` are in the order of writing."""

    path: Path
    lines: tuple[Mapping[str, Any], ...]

    @property
    def first(self) -> Mapping[str, Any]:
        return self.lines[0]

    @property
    def run(self) -> str:
        return str(self.first["run"])

    @property
    def flow(self) -> str:
        return str(self.first["flow"])

    @property
    def cluster(self) -> ResourceId:
        return ResourceId.parse(str(self.first["cluster"]))

    @property
    def status(self) -> str:
        """The last ending (done, failed, waiting, declined, abandoned, ...), or `interrupted`."""
        ends = [str(line["event"]) for line in self.lines if line["event"] in (*ENDINGS, "failed", "waiting", "start")]
        return "interrupted" if ends[-1] == "start" else ends[-1]

    @property
    def finished(self) -> bool:
        return self.status in ENDINGS

    def facts(self) -> dict[str, str]:
        """Everything that its steps found out, the latest value of each."""
        return {name: value for line in self.lines for name, value in (line.get("facts") or {}).items()}


class RunJournal:
    """The journal of one run, open for writing."""

    def __init__(self, run: str, path: Path | None, clock: Clock) -> None:
        """Without a path nothing is kept."""
        self.run = run
        self._path = path
        self._clock = clock

    @classmethod
    def nowhere(cls, clock: Clock) -> RunJournal:
        """For a rehearsal, which has nothing to remember."""
        return cls("", None, clock)

    def write(self, event: str, **details: Any) -> None:
        """Appends one line and returns once it is on the disk.

        Raises JournalTrouble when it cannot be written.
        """
        if self._path is None:
            return
        line = {"at": self._clock.now().isoformat(timespec="milliseconds"), "event": event, **details}
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, json.dumps(line, ensure_ascii=False).encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise JournalTrouble(f"cannot write the journal {self._path}: {error}") from error


class Journal:
    """The journal of all runs against one cluster."""

    def __init__(self, folder: Path, target: ResourceId, clock: Clock) -> None:
        """`folder` is akskv's own inside az's config folder."""
        name = "_".join([target.subscription, target.group, target.name]).lower()
        self._folder = folder / name
        self._target = target
        self._clock = clock

    def runs(self) -> list[RunFile]:
        """All runs, oldest first. Raises JournalTrouble when a file is not ours to understand."""
        if not self._folder.is_dir():
            return []
        runs = [run for path in self._folder.glob("*.jsonl") if (run := read_run(path))]
        return sorted(runs, key=lambda run: str(run.first["at"]))

    def unfinished(self) -> list[RunFile]:
        return [run for run in self.runs() if not run.finished]

    def start(self, flow: str, asked: str, before: Mapping[str, Any]) -> tuple[RunJournal, dict[str, str], bool]:
        """The run's journal, the facts that it knows, and whether it goes on with an earlier attempt.

        An unfinished run of the same flow that was asked for the same thing goes on under its own id.
        """
        same = [run for run in self.unfinished() if run.flow == flow and run.first.get("asked") == asked]
        run = same[-1].run if same else self._new_id(flow)
        path = same[-1].path if same else self._folder / f"{run}.jsonl"
        drop_torn_line(path)
        journal = RunJournal(run, path, self._clock)
        cluster = str(self._target)
        journal.write("start", format=FORMAT, run=run, flow=flow, asked=asked, cluster=cluster, before=dict(before))
        return journal, same[-1].facts() if same else {}, bool(same)

    def find(self, run: str) -> RunFile | None:
        return next((each for each in self.runs() if each.run == run), None)

    def abandon(self, run: RunFile) -> None:
        """Marks a run as not to be continued. What it found out stays readable."""
        RunJournal(run.run, run.path, self._clock).write("abandoned")

    def _new_id(self, flow: str) -> str:
        """Says when and what: 20261122-144501-enable."""
        stamp = f"{self._clock.now():%Y%m%d-%H%M%S}"
        taken = {run.run for run in self.runs()}
        wanted = f"{stamp}-{flow}"
        return next(each for each in [wanted, *(f"{wanted}-{n}" for n in range(2, 1000))] if each not in taken)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the cluster's lock on this machine.

        Raises Busy when another process holds it, JournalTrouble when the folder cannot be used.
        """
        import portalocker  # az's own dependency (msal-extensions); knows Windows, which fcntl does not

        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise JournalTrouble(f"cannot use the journal folder {self._folder}: {error}") from error
        with os.fdopen(descriptor, "r+") as lock:
            try:
                portalocker.lock(lock, portalocker.LOCK_EX | portalocker.LOCK_NB)
            except portalocker.LockException as error:
                raise Busy(f"another command on this machine is changing {self._target.name} at this moment") from error
            yield


def every_run(folder: Path) -> list[RunFile]:
    """The runs against all clusters, oldest first; `folder` is akskv's own. Raises JournalTrouble."""
    runs = [run for path in folder.glob("*/*.jsonl") if (run := read_run(path))]
    return sorted(runs, key=lambda run: str(run.first["at"]))


def read_run(path: Path) -> RunFile | None:
    """Reads a run's file; a last line that a kill cut short is left out, and a file without a whole line is no run.

    Raises JournalTrouble when the file cannot be read, or was written by a newer version of this extension.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise JournalTrouble(f"cannot read the journal {path}: {error}") from error
    whole, _, _ = text.rpartition("\n")
    if not whole:
        return None
    try:
        lines = tuple(members.whole(json.loads(line)) for line in whole.split("\n"))
        newest = max(members.number(line, "format") or FORMAT for line in lines)
        if newest <= FORMAT:
            understand(lines)
    except (ValueError, RecursionError) as error:
        raise JournalTrouble(f"cannot understand the journal {path}: {error}") from error
    if newest > FORMAT:
        raise JournalTrouble(
            f"{path} was written by a newer version of akskv, in format {newest}, and this one knows {FORMAT}: "
            "az extension update --name akskv"
        )
    return RunFile(path, lines)


def understand(lines: Sequence[Mapping[str, Any]]) -> None:
    """Raises ValueError for lines that no run has written: who reads a RunFile finds in it what he expects."""
    for line in lines:
        if not members.text(line, "event"):
            raise ValueError("a line has no event")
        if not datetime.fromisoformat(members.text(line, "at")).tzinfo:
            raise ValueError("a line has a time without a zone")
        for name in TEXTS:
            members.text(line, name)
        members.labels(line, "facts")
        members.texts(line, "steps")
        members.child(line, "before")
    if lines[0]["event"] != "start":
        raise ValueError("it does not begin with a start line")
    for line in lines:
        names = (members.text(line, "run"), members.text(line, "flow"))
        if line["event"] == "start" and not all(NAME.fullmatch(name) for name in names):
            raise ValueError("a start line names no run or no flow")
    ResourceId.parse(members.text(lines[0], "cluster"))


def drop_torn_line(path: Path) -> None:
    """Cuts off a last line that a kill left unfinished, so that the next one does not grow onto it."""
    if path.exists():
        with path.open("rb+") as file:
            file.truncate(file.read().rfind(b"\n") + 1)
