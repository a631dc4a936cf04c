"""Long-running operations of ARM: an answer now, the effect later, a URL to ask in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from emulator.core.clock import Clock
from emulator.core.ids import Ids
from emulator.core.resources import Resource

API_VERSION = "2017-08-31"
"""The version that AKS itself puts into the URLs of its operations. [REC]"""
TERMINAL = frozenset({"Succeeded", "Failed", "Canceled"})


class OperationFailed(Exception):
    """The end of an operation is its failure: raised by `at_end`, shown as the operation's error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


@dataclass
class Operation:
    """One running or ended operation. `statuses` are those it shows while it runs, in equal shares of its time."""

    id: str
    resource_id: str
    location: str
    statuses: Sequence[str]
    started: datetime
    ends: datetime
    at_end: Callable[[], None]
    retry_after: float
    result: str | None = None
    ended: datetime | None = None
    error: dict[str, str] | None = None

    @property
    def url(self) -> str:
        """Where pollers ask for the status."""
        _, _, subscription, *_ = self.resource_id.split("/")
        provider = self.resource_id.split("/providers/")[-1].split("/")[0]
        path = f"/subscriptions/{subscription}/providers/{provider}/locations/{self.location}/operations/{self.id}"
        return f"https://management.emulator.test{path}?api-version={API_VERSION}"

    @property
    def headers(self) -> dict[str, str]:
        """What the first answer, and each poll's, tells the poller."""
        return {"Azure-AsyncOperation": self.url, **self.pace}

    @property
    def pace(self) -> dict[str, str]:
        """The pause between polls. azure-core takes a Retry-After of 0 for none at all and then waits 30 s, so less
        than a second is said in milliseconds. [CLI]"""
        if self.retry_after >= 1:
            return {"Retry-After": str(round(self.retry_after))}
        return {"x-ms-retry-after-ms": str(max(1, round(self.retry_after * 1000)))}

    def document(self, now: datetime) -> dict[str, Any]:
        """What GET on the operation's URL answers."""
        body: dict[str, Any] = {"name": self.id, "status": self.status(now), "startTime": _timestamp(self.started)}
        if self.ended:
            body["endTime"] = _timestamp(self.ended)
        if self.error:
            body["error"] = self.error
        return body

    def go_on(self, until: datetime, at_end: Callable[[], None]) -> None:
        """Called by `at_end`: it is not over after all, and shows its last status until then."""
        self.result, self.ended, self.ends, self.at_end = None, None, until, at_end
        self.statuses = self.statuses[-1:]

    def status(self, now: datetime) -> str:
        """An open set while it runs [REC]; Succeeded, Failed or Canceled at the end."""
        if self.result:
            return self.result
        share = (now - self.started) / (self.ends - self.started)
        return self.statuses[min(int(share * len(self.statuses)), len(self.statuses) - 1)]


class Operations:
    """All operations of a world, in the order of their start."""

    def __init__(self, clock: Clock, ids: Ids, retry_after: float) -> None:
        self._clock, self._ids, self._retry_after = clock, ids, retry_after
        self._by_id: dict[str, Operation] = {}

    def start(
        self, resource: Resource, statuses: Sequence[str], seconds: float, at_end: Callable[[], None]
    ) -> Operation:
        """Begins an operation on a resource; `at_end` is called once, when its time has come, and may raise
        OperationFailed."""
        now = self._clock.now()
        operation = Operation(
            id=self._ids.next("operation"),
            resource_id=resource.id,
            location=str(resource.body.get("location", "westeurope")),
            statuses=tuple(statuses) or ("InProgress",),
            started=now,
            ends=now + timedelta(seconds=seconds),
            at_end=at_end,
            retry_after=self._retry_after,
        )
        self._by_id[operation.id] = operation
        return operation

    def get(self, operation_id: str) -> Operation | None:
        return self._by_id.get(operation_id.lower())

    def running_on(self, resource_id: str) -> Operation | None:
        """The operation that is not over yet on this resource, if there is one."""
        for operation in self._by_id.values():
            if operation.result is None and operation.resource_id.lower() == resource_id.lower():
                return operation
        return None

    def cancel(self, operation: Operation) -> None:
        """Ends an operation without its effect."""
        operation.result, operation.ended = "Canceled", self._clock.now()

    def settle(self) -> None:
        """Completes what is due, the earliest first; an end may start operations that are due as well."""
        while due := [each for each in self._by_id.values() if each.result is None and each.ends <= self._clock.now()]:
            self._complete(min(due, key=lambda each: each.ends))

    @staticmethod
    def _complete(operation: Operation) -> None:
        operation.result, operation.ended = "Succeeded", operation.ends
        try:
            operation.at_end()
        except OperationFailed as failure:
            operation.result = "Failed"
            operation.error = {"code": failure.code, "message": failure.message}


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
