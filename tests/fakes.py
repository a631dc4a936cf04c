"""An Azure and a cluster in memory behind all ports, which can be killed at any moment and counts what was written."""

from __future__ import annotations

import copy
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from azext_akskv.engine.journal import Journal, RunJournal
from azext_akskv.engine.result import Result
from azext_akskv.engine.waiting import Waits
from azext_akskv.flows.drive import Flow, drive
from azext_akskv.flows.show import show
from azext_akskv.flows.world import Consent, World
from azext_akskv.model.access import Grant, Identity
from azext_akskv.model.cluster import ENCRYPTION, PLATFORMS
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.kube import SecretRef, Switch
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.state import KmsState
from azext_akskv.ports import Ports
from tests.builders import HOST, IDENTITY, NOW, TARGET, VAULT, a_key, an_identity, cluster_json, vault_json
from tests.fake_clusters import FakeClusters
from tests.fake_governance import Around, FakeGovernance
from tests.fake_manifests import Applied, FakeManifests
from tests.fake_mounts import FakeMounts, MountsSeen
from tests.fake_networks import FakeNetworks, FakeZones, Topology
from tests.fake_ports import FakeIdentities, FakeKeys, FakeLease, FakeRoles, FakeSecrets, FakeVaults
from tests.fake_probes import FakeProbes
from tests.fake_provider import FakeObjects, FakeScaleSets, Provided

Json = dict[str, Any]

PLAIN, PLUS = "off", "plus "
OFFERED = {
    "1.25.15": ("1.26.12",),
    "1.26.12": ("1.27.9", "1.27.16"),
    "1.27.9": ("1.27.16", "1.28.12"),
    "1.27.16": ("1.28.12",),
    "1.28.12": (),
}
"""What the region offers, and where each version leads."""


class Crash(BaseException):
    """kill -9: nothing may catch it."""


class Moments:
    """Counts the moments at which a process can be killed, and kills it at one of them. `then` is what else happens at
    some of them."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.crash_at: int | None = None
        self.then: dict[str, Callable[[], object]] = {}

    def at(self, name: str) -> None:
        self.passed.append(name)
        if name in self.then:
            self.then[name]()
        if len(self.passed) - 1 == self.crash_at:
            raise Crash(name)


class FakeClock:
    """Time passes only by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = threading.Lock()

    @property
    def time(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds


class FakeReporter:
    """Keeps what it was told, one line each."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *what: self.told.append(f"{name} {' '.join(map(str, what))}")


class CrashingRunJournal(RunJournal):
    moments: Moments

    def write(self, event: str, **details: Any) -> None:
        self.moments.at(f"before the line {event}")
        super().write(event, **details)
        self.moments.at(f"after the line {event}")


class CrashingJournal(Journal):
    moments: Moments

    def start(self, flow: str, asked: str, before: Mapping[str, Any]) -> tuple[RunJournal, dict[str, str], bool]:
        self.moments.at("before the line start")
        journal, facts, resumed = super().start(flow, asked, before)
        self.moments.at("after the line start")
        crashing = CrashingRunJournal(journal.run, self._folder / f"{journal.run}.jsonl", self._clock)
        crashing.moments = self.moments
        return crashing, facts, resumed


KINDS = (
    *(FakeClusters, FakeVaults, FakeKeys, FakeRoles, FakeIdentities, FakeGovernance, FakeSecrets, FakeLease),
    *(FakeNetworks, FakeZones, FakeScaleSets, FakeObjects, FakeProbes, FakeMounts, FakeManifests),
)


def fake_ports(world: FakeWorld) -> Ports:
    return Ports(*(kind(world) for kind in KINDS))  # type: ignore[arg-type]  # each fills its protocol


class FakeWorld(Topology, MountsSeen, Provided, Applied):
    """State of Azure and of the cluster, with the rules that matter to a flow; ports in tests/fake_ports.py. What
    Microsoft.Network has (`networks`, `endpoints`, `zones`, ...) is empty: see Topology; and what the secrets provider
    works with: see Provided; and what is applied for it: see Applied.

    `grant_delay`: seconds until a new grant works. `faults`: what the next calls of "port.method" raise. `deleted`:
    names of vaults and keys that are soft-deleted. `ends_as`: the state in which the next update ends.
    """

    def __init__(self, folder: Path, *, cluster: Json | None = None, vault: Json | None = None, secrets: int = 9):
        for state in (Topology, Provided, Applied):
            state.__init__(self)
        self.folder, self.workers = folder, 1
        self.clock, self.moments, self.reporter = FakeClock(), Moments(), FakeReporter()
        self.calls: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.faults: dict[str, list[Exception]] = {}
        self.cluster: Json | None = copy.deepcopy(cluster or cluster_json())
        self.vaults: dict[ResourceId, Json] = {VAULT: copy.deepcopy(vault or vault_json())}
        self.keys: dict[tuple[str, str], list[KeyVersion]] = {(HOST, "etcd"): [a_key()]}
        self.deleted: set[str] = set()
        self.binned: dict[tuple[str, str], list[KeyVersion]] = {}
        self.identities: dict[ResourceId, Identity] = {IDENTITY: an_identity()}
        self.grants: list[Grant] = []
        self.policy_since: dict[str, datetime] = {}
        self.grant_delay, self.principal_unknown_until = 0.0, NOW
        self.updating_until: datetime | None = None
        self.ends_as, self.api_server_away, self.vault_closed = "Succeeded", False, ""
        self.around, self.offered = Around(), OFFERED
        self.switch: Switch | None = None
        self.lease: tuple[str, datetime, datetime, int] | None = None
        self.slots: list[str] = [self.in_force()]
        names = [SecretRef(f"team-{n % 3}", f"secret-{n:03}") for n in range(secrets)]
        self.stored: dict[SecretRef, tuple[int, str]] = {ref: (n + 1, self.slots[0]) for n, ref in enumerate(names)}
        self.version = 100

    def kms(self) -> Json:
        security = (self.cluster or {}).get("properties", {}).get("securityProfile") or {}
        return security.get("azureKeyVaultKms") or {}

    def in_force(self) -> str:
        """What the API servers write under: a key, its newest version by the new encryption's plugin (PLUS), the
        platform's key, or none."""
        security = (self.cluster or {}).get("properties", {}).get("securityProfile") or {}
        renewed = (security.get(ENCRYPTION) or {}).get("infrastructureEncryption") == "Enabled"
        profile = self.kms()
        if not profile.get("enabled"):
            return PLATFORMS if renewed else PLAIN
        if not renewed:
            return str(profile["keyId"])
        key = KeyId.parse(profile["keyId"])
        return f"{PLUS}{self.keys[(key.host, key.name)][-1].id}"

    def settle(self) -> None:
        """An update whose time has come ends: then the API servers have the new keys."""
        if self.cluster is None or self.updating_until is None or self.clock.time < self.updating_until:
            return
        self.updating_until = None
        self.cluster["properties"]["provisioningState"], self.ends_as = self.ends_as, "Succeeded"
        self._upgraded(self.cluster["properties"])
        self.provide(self.cluster["properties"])
        present = self.in_force()
        if present != self.slots[0]:
            self.slots = [present, self.slots[0]]
        self.oracle()

    def _upgraded(self, properties: Json) -> None:
        """An update that ends badly has upgraded nothing."""
        if properties["provisioningState"] == "Succeeded" and properties["kubernetesVersion"] in self.offered:
            properties["currentKubernetesVersion"] = properties["kubernetesVersion"]
            for pool in properties.get("agentPoolProfiles") or []:
                pool["currentOrchestratorVersion"] = pool.get("orchestratorVersion")

    def oracle(self) -> None:
        """Every stored value can be decrypted with a key that an API server holds and that is there and enabled."""
        for ref, (_, key) in self.stored.items():
            assert key in self.slots, f"{ref} is stored under {key}, and the API servers hold {self.slots}"
            assert key in (PLAIN, PLATFORMS) or self.key_works(KeyId.parse(key.removeprefix(PLUS))), f"{ref}: {key}"

    def key_works(self, key: KeyId) -> bool:
        return any(each.id == key and each.enabled for each in self.keys.get((key.host, key.name), []))

    def allowed(self, vault: Json, principal: str) -> bool:
        """Whether the principal's grant on keys has reached the vault."""
        ripe = self.clock.time - timedelta(seconds=self.grant_delay)
        if vault["properties"]["enableRbacAuthorization"]:
            return any(grant.principal_id == principal and (grant.created or NOW) <= ripe for grant in self.grants)
        return self.policy_since.get(principal, self.clock.time + timedelta(1)) <= ripe

    def world(self) -> World:
        journal = CrashingJournal(self.folder, TARGET, self.clock)
        journal.moments = self.moments
        return World(
            TARGET, fake_ports(self), journal, self.reporter, self.clock, Waits(), "az aks kv", workers=self.workers
        )

    def drive(
        self, flow: Flow, wanted: Wanted, *, dry_run: bool = False, accept: tuple[str, ...] = (), yes=True
    ) -> Result:
        return drive(flow, wanted, self.world(), Consent(dry_run, accept, lambda _question, _word: yes))

    def show(self, *, evidence: bool = False) -> KmsState:
        return show(self.world(), Wanted("show", evidence=evidence))

    def forget(self) -> None:
        """Another machine, long after: it has no journal of what was done from this one, and the Lease has lapsed."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lease = None

    def under(self, key: str) -> int:
        return sum(stored == key for _, stored in self.stored.values())
