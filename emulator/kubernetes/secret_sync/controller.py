"""The controller of the Secret Store extension: looks at every SecretSync when it is due. [D] [SRC]"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.kubernetes.kinds import AKV_SYNCS, SECRET_SYNCS, Kind
from emulator.kubernetes.secret_sync import akv_sync, installed, reasons
from emulator.kubernetes.secret_sync.attempt import Attempt, Outcome
from emulator.kubernetes.secret_sync.installed import JITTER, POLL, seconds
from emulator.kubernetes.secret_sync.log import Log
from emulator.kubernetes.secret_sync.versions import OPEN_NEXT, family_of
from emulator.worlds.arc import SECRET_STORE

if TYPE_CHECKING:
    from emulator.kubernetes.arc.k3s import K3sServer
    from emulator.kubernetes.arc.running import Program

Object = dict[str, Any]
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 1000.0
"""[SRC] [OWN] Seconds until what failed is tried again, each time twice as long."""


@dataclass
class _Tried:
    """The last attempt at one SecretSync: of which generation, and what it came to."""

    generation: int
    at: datetime
    failed: bool
    pause: float = _FIRST_PAUSE


class SecretSyncs:
    """`K3sServer.syncs`."""

    def __init__(self, server: K3sServer) -> None:
        self._server = server
        self._tried: dict[str, _Tried] = {}
        self._pod = ""
        self._under_way: dict[str, tuple[datetime, Outcome, str]] = {}
        """Attempts that are not over yet: when they will be, what comes of them, and in whose words."""
        self.family = ""
        """Whose reasons are written, where that is not said by the version."""

    def go_on(self) -> None:
        """Tries what is due, where the controller runs."""
        extension = self._server.extensions.of_type(SECRET_STORE)
        pod = self._running(extension) if extension is not None else None
        if extension is None or pod is None:
            return
        log = Log(pod.records, str(extension["currentVersion"]))
        simpler = self._server.serves(AKV_SYNCS)
        if simpler:
            akv_sync.generate(self._server, self._all(AKV_SYNCS))
        there = self._all(SECRET_SYNCS)
        for gone in self._tried.keys() - {one["metadata"]["uid"] for one in there}:
            del self._tried[gone]
        for one in there:
            if self._is_over(one) and (at := self._due(one, extension)) is not None:
                self._try(one, extension, log, at)
        if simpler:
            akv_sync.report(self._server, self._all(AKV_SYNCS))

    def _running(self, extension: Mapping[str, Any]) -> Program | None:
        """The controller's pod. [SRC] One that has just started looks at everything."""
        if not self._server.serves(SECRET_SYNCS):
            return None
        where = extension["scope"]["cluster"]["releaseNamespace"]
        pod = self._server.running.of_labels(where, "app", installed.APP)
        if pod is not None and pod.uid != self._pod:
            self._pod = pod.uid
            self._tried.clear()
            self._under_way.clear()
        return pod

    def _all(self, kind: Kind) -> list[Object]:
        storage = self._server.registry.storage
        found = storage.range(kind.prefix(None), "", storage.revision)
        return [self._server.registry.content(kind, key, entry) for key, entry in list(found)]

    def _due(self, one: Object, extension: Mapping[str, Any]) -> datetime | None:
        """When it is to be tried, if that is not later than now: a new one and a changed one at once, a failed one
        after a pause, every other one after the interval and its share of the jitter [D]."""
        now, uid = self._server.now, one["metadata"]["uid"]
        tried = self._tried.get(uid)
        if tried is None or tried.generation != one["metadata"].get("generation", 1):
            return now
        if tried.failed:
            return now if tried.at + timedelta(seconds=tried.pause) <= now else None
        share = int(hashlib.sha256(uid.encode()).hexdigest()[:4], 16) / 0x10000
        interval = timedelta(seconds=seconds(extension, POLL) + seconds(extension, JITTER) * share)
        rounds = (now - tried.at) // interval
        return tried.at + rounds * interval if rounds else None

    def _try(self, one: Object, extension: Mapping[str, Any], log: Log, at: datetime) -> None:
        family = self.family or family_of(str(extension["currentVersion"]))
        status: Object = dict(one.get("status") or {})
        if not status.get("conditions"):
            status["conditions"] = [_condition(said, at) for said in reasons.beginnings(family)]
        before = self._tried.get(one["metadata"]["uid"])
        outcome = Attempt(self._server, extension, family, log).make(one, status.get("syncHash", ""), at)
        failed = outcome.kind not in reasons.SUCCEEDED
        generation = one["metadata"].get("generation", 1)
        pause = min(before.pause * 2, _LONGEST_PAUSE) if before and before.failed and failed else _FIRST_PAUSE
        over = at + timedelta(seconds=outcome.seconds)
        self._tried[one["metadata"]["uid"]] = _Tried(generation, over, failed, pause)
        if over > self._server.now:
            self._under_way[one["metadata"]["uid"]] = (over, outcome, family)
            self._server.registry.restore(SECRET_SYNCS, {**one, "status": status})
        else:
            self._write(one, status, family, outcome, over)

    def _is_over(self, one: Object) -> bool:
        """Whether no attempt at it is under way any more."""
        uid = one["metadata"]["uid"]
        if uid not in self._under_way:
            return True
        over, outcome, family = self._under_way[uid]
        if over > self._server.now:
            return False
        del self._under_way[uid]
        self._write(one, dict(one.get("status") or {}), family, outcome, over)
        return False

    def _write(self, one: Object, status: Object, family: str, outcome: Outcome, at: datetime) -> None:
        creating = not status.get("syncHash")
        said = [reasons.condition(family, outcome.kind, creating, outcome.detail)]
        if family == OPEN_NEXT and outcome.kind == reasons.CREATED:
            said.append(reasons.condition(family, reasons.UPDATED, False, ""))
        if outcome.sync_hash:
            unchanged = family == OPEN_NEXT and outcome.sync_hash == status.get("syncHash")
            unchanged = unchanged or outcome.kind == reasons.PARTIAL  # [INF] that is no success
            status["syncHash"] = outcome.sync_hash
            if not unchanged:  # [SRC] the newest does not tell that it has looked
                status["lastSuccessfulSyncTime"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        status["conditions"] = [each for each in status["conditions"] if each["type"] != reasons.UNDECIDED]
        for one_said in said:
            _set(status["conditions"], one_said, at)
        self._server.registry.restore(SECRET_SYNCS, {**one, "status": status})


def _condition(said: reasons.Said, at: datetime) -> Object:
    shown = {"type": said.type, "status": said.status, "reason": said.reason, "message": said.message}
    return {"lastTransitionTime": f"{at:%Y-%m-%dT%H:%M:%SZ}", **shown}


def _set(conditions: list[Object], said: reasons.Said, at: datetime) -> None:
    """[SRC] One of each type; its time is that of the last change of its status."""
    made = _condition(said, at)
    for number, old in enumerate(conditions):
        if old["type"] == said.type:
            if old["status"] == said.status:
                made["lastTransitionTime"] = old["lastTransitionTime"]
            conditions[number] = made
            return
    conditions.append(made)
