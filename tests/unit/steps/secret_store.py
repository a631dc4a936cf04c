"""A cluster's secrets in memory, as the Secrets port shows them: revisions, stale values, faults by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from azext_akskv.engine.journal import RunJournal
from azext_akskv.engine.step import Run
from azext_akskv.engine.waiting import Waits
from azext_akskv.failures import GatewayError, Missing, Rejected, Unavailable, Unreadable
from azext_akskv.model.cluster import Cluster, parse_cluster
from azext_akskv.model.ids import cluster_id
from azext_akskv.model.kube import KeyEvidence, SecretPage, SecretRef, Switch
from azext_akskv.ports import Ports, Touched

SHOP = cluster_id("5b7c1f7e-54c9-4a2b-9c0d-2f1f6f0a7e11", "rg1", "shop")
KEY = "https://kv1.vault.azure.net/keys/kms/0123456789abcdef0123456789abcdef"
RUN = "20261122-144501-enable"


class FakeClock:
    """Sleeping takes no time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []
        self.at: dict[float, Callable[[], None]] = {}
        """What happens once the clock has come so far."""

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 12, tzinfo=timezone.utc) + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        for due in [each for each in self.at if each <= self.seconds]:
            self.at.pop(due)()


class SecretStore:
    """Fills ports.Secrets. `faults` are raised by touches of a secret of that name, one after the other."""

    def __init__(self, **namespaces: int) -> None:
        """team_a=3: three stale secrets in team-a, s-000 to s-002."""
        self.revision = 100
        self.stored: dict[SecretRef, int] = {}
        self.stale: set[SecretRef] = set()
        self.unreadable: set[SecretRef] = set()
        self.faults: dict[str, list[BaseException]] = {}
        self.page_faults: list[BaseException] = []
        self.page_limits: list[int] = []
        self.touched: list[SecretRef] = []
        self.most_at_once = 0
        self.is_ready = True
        self.readyz_asked = 0
        self.note: Switch | None = None
        self.notes: list[Switch] = []
        self.seen_evidence: KeyEvidence | None = None
        self.evidence_fault: GatewayError | None = None
        self.before_touch: Callable[[SecretRef], None] = lambda secret: None
        self.takes_own_tokens = True
        self._lock = threading.Lock()
        self._at_once = 0
        for namespace, count in namespaces.items():
            for number in range(count):
                self.create(namespace.replace("_", "-"), f"s-{number:03}", stale=True)

    def create(self, namespace: str, name: str, stale: bool = False) -> SecretRef:
        secret = SecretRef(namespace, name)
        self.revision += 1
        self.stored[secret] = self.revision
        if stale:
            self.stale.add(secret)
        return secret

    def namespaces(self) -> list[str]:
        return sorted({secret.namespace for secret in self.stored} | {"default"})

    def page(self, namespace: str, after: str | None = None, limit: int = 500) -> SecretPage:
        self.page_limits.append(limit)
        if self.page_faults:
            raise self.page_faults.pop(0)
        if after and after.startswith("own:") and not self.takes_own_tokens:
            raise Rejected("list", "BadRequest", "continue key is not valid")
        start = (after or "").removeprefix("own:")
        names = sorted(s.name for s in self.stored if s.namespace == namespace and s.name > start)
        page = [SecretRef(namespace, name) for name in names[:limit]]
        for secret in page:
            if secret in self.unreadable:
                raise Unreadable("list", f'unable to transform key "/registry/secrets/{secret}"', str(secret))
        rest = names[limit:]
        return SecretPage(tuple(page), self.revision, page[-1].name if rest else None)

    def behind(self, secret: SecretRef) -> str:
        return f"own:{secret.name}"

    def ready(self) -> bool:
        self.readyz_asked += 1
        return self.is_ready

    def latest_version(self) -> int:
        return self.revision

    def switch(self) -> Switch | None:
        return self.note

    def note_switch(self, switch: Switch) -> None:
        self.notes.append(switch)
        self.note = switch

    def evidence(self) -> KeyEvidence | None:
        if self.evidence_fault:
            raise self.evidence_fault
        return self.seen_evidence

    def touch(self, secret: SecretRef) -> Touched:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self.before_touch(secret)
            return self._touch(secret)
        finally:
            with self._lock:
                self._at_once -= 1

    def _touch(self, secret: SecretRef) -> Touched:
        with self._lock:
            if not self.is_ready:
                raise Unavailable("rewrite", "ProtocolError", "connection reset")
            if self.faults.get(secret.name):
                raise self.faults[secret.name].pop(0)
            if secret not in self.stored:
                raise Missing("rewrite", "NotFound")
            self.touched.append(secret)
            if secret in self.stale:
                self.stale.discard(secret)
                self.revision += 1
                self.stored[secret] = self.revision
            return Touched(self.stored[secret])


class FakeReporter:
    def __init__(self) -> None:
        self.ticks: list[str] = []
        self.notes: list[str] = []

    def tick(self, text: str) -> None:
        self.ticks.append(text)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **more: None


class FakeJournal(RunJournal):
    """Keeps the lines in memory."""

    def __init__(self) -> None:
        self.run = RUN
        self.lines: list[dict[str, Any]] = []

    def write(self, event: str, **details: Any) -> None:
        self.lines.append({"event": event, **details})

    def facts(self) -> dict[str, str]:
        return {name: value for line in self.lines for name, value in (line.get("facts") or {}).items()}


@dataclass
class FakeClusters:
    cluster: Cluster

    def get(self, cluster: Any) -> Cluster:
        return self.cluster


def a_cluster(version: str = "1.30.4", key: str | None = KEY, tag: str = RUN, state: str = "Succeeded") -> Cluster:
    kms = {"enabled": bool(key), "keyId": key or KEY, "keyVaultNetworkAccess": "Public"}
    raw = {
        "id": str(SHOP),
        "location": "westeurope",
        "tags": {"akskv-run": tag} if tag else {},
        "properties": {
            "currentKubernetesVersion": version,
            "provisioningState": state,
            "securityProfile": {"azureKeyVaultKms": kms},
        },
    }
    return parse_cluster(raw, datetime(2026, 11, 22, 12, tzinfo=timezone.utc))


@dataclass
class Scene:
    """A run against a store; a valid note of the key change is there, made just now."""

    store: SecretStore
    cluster: Cluster = field(default_factory=a_cluster)
    clock: FakeClock = field(default_factory=FakeClock)
    reporter: FakeReporter = field(default_factory=FakeReporter)
    journal: FakeJournal = field(default_factory=FakeJournal)
    noted: bool = True

    def __post_init__(self) -> None:
        if self.noted:
            tag = self.cluster.tags.get("akskv-run", "")
            self.store.note = Switch(self.cluster.key_in_force, tag, self.store.revision)

    def run(self) -> Run:
        """A new attempt, which knows what the journal has."""
        unused: Any = None
        clusters: Any = FakeClusters(self.cluster)
        ports = Ports(clusters, *[unused] * 5, self.store, *[unused] * 8)
        facts = self.journal.facts()
        return Run(RUN, SHOP, ports, self.journal, self.reporter, self.clock, Waits(), facts)
