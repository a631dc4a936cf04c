"""The installed wheel in real az processes against an emulation in the test's own process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from emulator import environment
from emulator.emulation import EMULATED, Emulation, Time
from emulator.kubernetes.api_server import ApiServer
from emulator.providers.containerservice.clusters import ManagedCluster
from emulator.worlds import catalogue
from emulator.worlds.spec import Delays
from tests.changes import may_change
from tests.e2e import stored
from tests.e2e.az_worker import AzWorker

WAIT_FACTOR = "0.0005"
RUNNING = Time()
PRELOAD = (
    "azure.cli.command_modules.acs.custom",
    "azure.mgmt.containerservice",
    "azure.mgmt.keyvault",
    "azure.mgmt.authorization",
    "azure.mgmt.msi",
    "azure.mgmt.msi.v2024_11_30",
    "azure.cli.command_modules.acs.commands",
    "azure.cli.command_modules.acs._format",
    "azure.cli.command_modules.serviceconnector.commands",
    "azure.keyvault.keys.crypto",
    "yaml",
    "azext_akskv.*",
)


def soon(delays: Delays) -> Delays:
    """The same, but what a world leaves to the emulator's own idea of how long Azure takes: most tests only wait."""
    usual, left = Delays(), {"update": 0.2, "grant": 0.1, "network": 0.1, "retry_after": 0.05}
    return replace(
        delays, **{name: each for name, each in left.items() if getattr(delays, name) == getattr(usual, name)}
    )


@dataclass(frozen=True)
class Ended:
    """How an az process ended: its exit status (negative: the signal that killed it) and what it wrote."""

    code: int
    output: str

    @property
    def json(self) -> Any:
        """What was printed on standard output: it comes last, after the story."""
        return json.loads(self.output[self.output.index("\n{\n") :])


class Station:
    """One emulation, and az to drive it: each command is a process of its own, forked where az is imported already."""

    def __init__(self, worker: AzWorker) -> None:
        self._worker = worker
        self.folder = worker.folder
        self.journal = worker.folder / "azure" / "akskv"
        self.settings: dict[str, str] = {}
        """Variables of az's environment, beside those that point it at the emulation."""
        self._emulation: Emulation | None = None
        self._visits = False

    def start(
        self,
        world: str,
        *,
        secrets: int | None = None,
        clock: Time = RUNNING,
        kubernetes: str = EMULATED,
        **overrides: Any,
    ) -> Emulation:
        """A fresh world, and a journal that remembers nothing of the last."""
        self.stop()
        shutil.rmtree(self.journal, ignore_errors=True)
        spec = catalogue.load(world, **overrides)
        if "delays" not in overrides:
            spec = replace(spec, delays=soon(spec.delays))
        if secrets is not None:
            spec = catalogue.with_secrets(spec, secrets)
        environment.write_profile(self.folder, spec.subscriptions)
        self._emulation = Emulation(spec, clock, kubernetes)
        self._emulation.__enter__()
        return self._emulation

    def visit(self, other: Station) -> None:
        """Another machine in the world of that one, which also ends it."""
        environment.write_profile(self.folder, other.emulation.world.spec.subscriptions)
        self._emulation, self._visits = other.emulation, True

    def stop(self) -> None:
        if self._emulation and not self._visits:
            self._emulation.__exit__(None, None, None)
        self._emulation, self._visits = None, False

    @property
    def emulation(self) -> Emulation:
        assert self._emulation, "start a world first"
        return self._emulation

    def begin(self, *arguments: str, kill: Mapping[str, Any] | None = None) -> int:
        """Starts az and returns its process id; `end` waits for it."""
        own = {"AZURE_AKSKV_WAIT_FACTOR": WAIT_FACTOR} | self.settings
        variables = environment.variables(self.emulation, self.folder) | own
        return self._worker.begin({"argv": list(arguments), "env": variables, "kill": kill})

    def end(self) -> Ended:
        return Ended(*self._worker.end())

    def az(self, *arguments: str, kill: Mapping[str, Any] | None = None) -> Ended:
        self.begin(*arguments, kill=kill)
        return self.end()

    def az_killed_at(self, fault: Mapping[str, Any], *arguments: str) -> Ended:
        """Runs az until the emulation holds a request of it (`hold` before or after it was performed), and kills it."""
        emulation = self.emulation
        emulation.server.call(lambda: emulation.control._set_fault(dict(fault)))
        pid = self.begin(*arguments)
        deadline = time.monotonic() + 60
        while not any(each.held for each in emulation.world.faults.faults):
            assert time.monotonic() < deadline, "the request never came"
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        ended = self.end()
        emulation.server.call(emulation.world.faults.clear)
        return ended

    def requests(self) -> list[dict[str, Any]]:
        """What az has asked since the world began or the log was cleared."""
        return self.emulation.server.call(self.emulation.world.log.document)

    def changes(self) -> list[dict[str, Any]]:
        """The requests that could change something."""
        return [each for each in self.requests() if may_change(each["method"], each["url"])]

    def cluster(self, name: str = "shop") -> ManagedCluster:
        """The cluster as the emulated AKS has it."""
        return stored.cluster_of(self.emulation, name)

    def vault(self, name: str = "shop-kv") -> dict[str, Any]:
        """The properties of the vault as the emulated Key Vault has them."""
        found = self.emulation.world.keyvault.vault(f"{name}.vault.emulator.test")
        assert found
        properties: dict[str, Any] = found.body["properties"]
        return properties

    def api_server(self, name: str = "shop") -> ApiServer:
        return stored.api_server_of(self.emulation, name)

    def key_in_arm(self, name: str = "shop") -> str:
        """The key that the cluster's profile names."""
        return stored.key_in_arm(self.emulation, name)

    def newest_in_arm(self, name: str = "shop") -> str:
        """The same, or its newest version where the profile names none."""
        key = self.key_in_arm(name)
        newest = self.emulation.world.keyvault.newest_enabled(key)
        return newest.kid if newest and not key.rpartition("/keys/")[2].count("/") else key

    def stale(self, name: str = "shop") -> list[str]:
        """The secrets that the API server itself would write anew."""
        return stored.stale(self.emulation, name)

    def stored_under(self, name: str = "shop") -> set[str]:
        """The keys that etcd's values are encrypted under; `plain` is one of them."""
        return stored.stored_under(self.emulation, name)

    def forget_journal(self) -> None:
        """Another machine, long after: it has no journal of what was done from this one, and the Lease has lapsed."""
        for file in self.journal.rglob("*.jsonl"):
            file.unlink()
        stored.forget_holder(self.emulation)

    def note(self) -> dict[str, str]:
        """What the extension noted in the cluster about its last key change."""
        entry = self.api_server().registry.storage.get("/registry/leases/default/akskv")
        annotations: dict[str, str] = json.loads(entry.value)["metadata"]["annotations"]
        return annotations


@contextmanager
def az_worker(folder: Path) -> Iterator[AzWorker]:
    """With the installed extension."""
    worker = AzWorker(folder, environment.EXTENSIONS, " ".join(PRELOAD))
    try:
        yield worker
    finally:
        worker.close()


@contextmanager
def station_of(worker: AzWorker) -> Iterator[Station]:
    station = Station(worker)
    try:
        yield station
    finally:
        station.stop()


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzWorker]:
    with az_worker(tmp_path_factory.mktemp("az")) as made:
        yield made


@pytest.fixture(scope="module")
def station(worker: AzWorker) -> Iterator[Station]:
    worker.forget()
    with station_of(worker) as made:
        yield made
