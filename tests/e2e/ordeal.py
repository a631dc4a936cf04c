"""A command with one thing going wrong, the same command again, and what must be true then."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from emulator.emulation import Emulation, Time
from emulator.providers.containerservice.clusters import ManagedCluster
from emulator.worlds import catalogue
from emulator.worlds.spec import Delays
from tests.e2e.asked import Asked, asked_in, template_of
from tests.e2e.conftest import Ended, Station
from tests.e2e.faults import Kind
from tests.e2e.gone_wrong import POLL, Change, Ending
from tests.e2e.stories import STORIES, Story

DELAYS = Delays(update=1.0, grant=0.0, retry_after=0.02, platform_rewrite=3600.0)
STEP_SECONDS = 0.3
"""Azure's time goes on with each request: so every run makes the same requests in the same number."""
SECRETS = 3
WAIT_FACTOR = "0.002"
MOST_SECONDS = 60.0
"""A command that takes longer hangs."""

COMPLETED, RETRIED, STOPPED = "completed", "completed after retry by the client", "stopped, completed on the next run"


class Untrue(AssertionError):
    """Something that had to be true after a case is not; the text says what, and what az wrote."""


@dataclass(frozen=True)
class Outcome:
    """How a case ended: in one of the three ways, and with which exit code the first run did."""

    how: str
    code: int


@dataclass
class Ordeal:
    """Runs the cases of one station after the other."""

    station: Station
    baselines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    known_rows: list[tuple[Story, Asked]] = field(default_factory=list)

    def undisturbed(self, story: Story) -> list[dict[str, Any]]:
        """The request log of the story when nothing goes wrong, taken once."""
        if story.name not in self.baselines:
            self.begin(story)
            ended = self.run(story)
            expect(ended.code == 0, "the undisturbed run failed", ended)
            self.all_is_well(story, ended)
            self.baselines[story.name] = self.station.requests()
        return self.baselines[story.name]

    def asked(self, story: Story) -> list[Asked]:
        """The requests of the story that can be struck in every run."""
        found = [each for each in asked_in(self.undisturbed(story)) if not re.search(story.left_out, each.title)]
        return [each for each in found if each.nth == 1 or not re.search(story.timed, each.title)]

    def rows(self) -> list[tuple[Story, Asked]]:
        """Every request of every story, each kind of it only in the first story that makes it."""
        if self.known_rows:
            return self.known_rows
        known: set[tuple[str, ...]] = set()
        for story in STORIES:
            asked = self.asked(story)
            fresh = [each for each in asked if story.whole or each.key not in known]
            known.update(each.key for each in asked if story.turns_on)
            self.known_rows += [(story, each) for each in fresh]
        return self.known_rows

    def begin(self, story: Story) -> Emulation:
        spec = catalogue.with_secrets(catalogue.load(story.world), SECRETS)
        # Answers are dated in whole seconds: how often a wait looks depends on the fraction that the time begins with.
        clock = Time(datetime.now(timezone.utc).replace(microsecond=0), STEP_SECONDS)
        emulation = self.station.start(story.world, clock=clock, clusters=spec.clusters, delays=DELAYS)
        for fault in story.standing:
            self.strike(fault)
        return emulation

    def strike(self, fault: Mapping[str, Any]) -> None:
        emulation = self.station.emulation
        emulation.server.call(lambda: emulation.control._set_fault(dict(fault)))

    def run(self, story: Story, answer_timeout: float = 30.0, meanwhile: Callable[[], None] | None = None) -> Ended:
        self.station.settings = {
            "AZURE_AKSKV_WAIT_FACTOR": WAIT_FACTOR,
            "AZURE_AKSKV_ANSWER_TIMEOUT": str(answer_timeout),
        }
        pid = self.station.begin(*story.line)
        watchdog = threading.Timer(MOST_SECONDS, os.kill, (pid, signal.SIGKILL))
        watchdog.start()
        try:
            if meanwhile:
                meanwhile()
        finally:
            ended = self.station.end()
            watchdog.cancel()
        return ended

    def case(self, story: Story, asked: Asked, kind: Kind) -> Outcome:
        """Raises Untrue."""
        usual = self._count(asked, self.undisturbed(story))
        emulation = self.begin(story)
        before = self.fingerprint()
        self.strike(kind.strike(asked))
        first = self.run(story, kind.answer_timeout)
        fired = emulation.server.call(lambda: [each.fired for each in emulation.world.faults.faults])
        expect(fired[-1] == 1, "the request never came", first)
        expect(first.code != -signal.SIGKILL, f"it took more than {MOST_SECONDS:.0f} s", first)
        repeated = self._count(asked, self.station.requests()) > usual
        self._lift(story)
        if first.code == 0:
            self.all_is_well(story, first)
            return Outcome(RETRIED if repeated else COMPLETED, 0)
        self.is_honest(first, changed=self.fingerprint() != before)
        again = self.run(story)
        expect(again.code == 0, "the same command does not complete", first, again)
        self.all_is_well(story, again)
        return Outcome(STOPPED, first.code)

    def ending(self, story: Story, ending: Ending) -> Outcome:
        """The update of the cluster ends in another way. Raises Untrue."""
        emulation = self.begin(story)
        self.strike(ending.fault or {**POLL, "nth": 1, "hold": "before"})
        first = self.run(story, meanwhile=(lambda: self._change(ending.change)) if ending.change else None)
        expect(first.code == ending.code, f"exit code {first.code}, not {ending.code}", first)
        self._lift(story)
        if first.code == 0:
            self.all_is_well(story, first)
            return Outcome(COMPLETED, 0)
        self.is_honest(first, changed=True)
        patched = rewritten_since_the_update(self.station.changes())
        expect(patched == ending.rewrites, f"secrets rewritten: {patched}", first)
        expect(ending.rewrites or "before it began" in first.output, "it does not say that nothing began", first)
        expect(emulation.verdict()["ok"], "the oracle", first)
        again = self.run(story)
        expect(again.code == 0, "the same command does not complete", first, again)
        self.all_is_well(story, again)
        return Outcome(STOPPED, first.code)

    def _change(self, change: Change) -> None:
        """When the first poll waits, changes the operation and lets the poll go on."""
        world = self.station.emulation.world
        deadline = time.monotonic() + MOST_SECONDS
        while not any(each.held for each in world.faults.faults):
            expect(time.monotonic() < deadline, "the operation was never asked for")
            time.sleep(0.01)

        def act() -> None:
            (cluster,) = world.resources.under("", "Microsoft.ContainerService/managedClusters")
            operation = world.operations.running_on(cluster.id)
            assert operation and isinstance(cluster, ManagedCluster)
            change(world, cluster, operation)
            world.faults.clear()

        self.station.emulation.server.call(act)

    def _lift(self, story: Story) -> None:
        """Takes the fault away; what ARM refuses all the time stays."""
        world = self.station.emulation.world
        self.station.emulation.server.call(world.faults.clear)
        for fault in story.standing:
            self.strike(fault)

    @staticmethod
    def _count(asked: Asked, log: list[dict[str, Any]]) -> int:
        kind = asked.site, asked.method, asked.template.lower()
        return sum(
            (each["site"], each["method"], template_of(each["site"], each["url"]).lower()) == kind for each in log
        )

    def fingerprint(self) -> str:
        """All that a command could change: ARM's resources, and the revision of each API server's store."""

        def look() -> str:
            world = self.station.emulation.world
            bodies = {each.id.lower(): each.body for each in world.resources}
            stores = [server.registry.storage.revision for server in world.kubernetes._servers.values()]
            return json.dumps([bodies, stores], sort_keys=True, default=str)

        return self.station.emulation.server.call(look)

    @staticmethod
    def is_honest(ended: Ended, changed: bool) -> None:
        """A stopped run says why and how to go on, claims nothing untrue, and shows no traceback."""
        said = ended.output
        expect(ended.code in (1, 4, 5), f"exit code {ended.code}", ended)
        expect("Traceback" not in said and "mistake in akskv" not in said, "it shows a traceback", ended)
        expect("ERROR" in said, "it names no error", ended)
        expect(bool(re.search(r"^Next: |same command again", said, re.MULTILINE)), "no way to go on", ended)
        expect(not (changed and "Nothing was changed" in said), "it says that nothing was changed", ended)
        expect(not (changed and ended.code in (4, 5)), "it calls itself refused after a change", ended)
        expect(ended.code != 1 or "Safe:" in said or not changed, "it does not say what is safe", ended)

    def all_is_well(self, story: Story, ended: Ended) -> None:
        """The change is complete and proved, nothing was made twice, and no secret was lost on the way."""
        station = self.station
        status = ended.json["status"]
        expect(status == "done", f"status {status}", ended)
        if story.untrue:
            wrong = list(story.untrue(station, ended))
            expect(not wrong, "; ".join(wrong), ended)
        else:
            self._is_rewritten(story, ended)
        verdict = station.emulation.verdict()
        expect(verdict["ok"], f"the oracle: {verdict}", ended)
        twice = station.emulation.server.call(lambda: list(self._made_twice(story)))
        expect(not twice, f"made twice: {twice}", ended)
        unfinished = [path.name for path in station.journal.rglob("*.jsonl") if last_event(path.read_text()) != "done"]
        expect(not unfinished, f"the journal calls {unfinished} unfinished", ended)

    def _is_rewritten(self, story: Story, ended: Ended) -> None:
        station = self.station
        wanted = {station.newest_in_arm()} if story.turns_on else {"plain"}
        expect(station.stored_under() == wanted, f"stored under {station.stored_under()}", ended)
        expect(station.stale() == [], "secrets are stale", ended)
        expect(station.note()["akskv/proved"] == "true", "the cluster does not note the proof", ended)

    def _made_twice(self, story: Story) -> Iterator[str]:
        world = self.station.emulation.world
        grants = [
            tuple(str(each.body["properties"][name]).lower() for name in ("scope", "principalId", "roleDefinitionId"))
            for each in world.resources.under("/", "Microsoft.Authorization/roleAssignments")
        ]
        yield from (f"grant {each}" for each in set(grants) if grants.count(each) > 1)
        (cluster,) = world.resources.under("", "Microsoft.ContainerService/managedClusters")
        updates = [each for each in world.operations._by_id.values() if each.resource_id == cluster.id]
        good = [each for each in updates if each.result == "Succeeded"]
        if len(good) > story.updates:
            yield f"{len(good)} updates of the cluster"


def last_event(journal: str) -> str:
    return str(json.loads(journal.rstrip("\n").rpartition("\n")[2])["event"])


def expect(so: bool, otherwise: str, *runs: Ended) -> None:
    if not so:
        raise Untrue("\n".join([otherwise, *(f"--- exit {run.code}\n{run.output}" for run in runs)]))


def rewritten_since_the_update(changes: Sequence[Mapping[str, Any]]) -> bool:
    """Secrets may be rewritten before it, too: under the key in use, where nothing tells that they are."""
    puts = [n for n, each in enumerate(changes) if each["method"] == "PUT" and "/managedClusters/" in each["url"]]
    after = changes[puts[-1] :] if puts else changes
    return any(each["method"] == "PATCH" and "/secrets/" in each["url"] for each in after)
