"""The script of run-command with bash and a real kubectl, against the emulated API server."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from azext_akskv.gateways.kube_inside import InvokedSecrets
from azext_akskv.gateways.run_command import ORDER, SCRIPT, Ended
from azext_akskv.model.kube import SecretRef, Switch
from azext_akskv.model.sweep import Sweep
from emulator import environment
from emulator.emulation import Emulation
from emulator.kubernetes.api_server import LOST
from emulator.kubernetes.kinds import LEASES, SECRETS
from emulator.worlds import catalogue
from emulator.worlds.cluster_access import AdmissionRule
from emulator.worlds.spec import Cluster, Kms, Secrets
from tests.builders import a_cluster
from tests.e2e import stored
from tests.kubectl import needs_kubectl

pytestmark = needs_kubectl
MARKER = "correct-horse-battery"
REFUSES = AdmissionRule(
    f'admission webhook "no.example.org" denied the request: {{name}} holds {MARKER}\nsee there', ("team-b",)
)


class Shop:
    """A cluster, and our gateway with the script as a process in place of a pod."""

    def __init__(self, emulation: Emulation, folder: Path) -> None:
        self.emulation = emulation
        self.server = stored.api_server_of(emulation, "shop")
        self.outputs: list[str] = []
        self.environment: dict[str, str] = {}
        self._folder = folder
        (folder / "kubeconfig").write_text(self.server.kubeconfig("admin"))
        self.secrets = InvokedSecrets(self.run, a_cluster, 0.01)
        self.r0 = 0

    def run(self, cluster: Any, doing: str, script: str, order: str) -> Ended:
        (self._folder / SCRIPT).write_text(script)
        (self._folder / ORDER).write_text(order)
        own = {"HOME": str(self._folder), "KUBECONFIG": str(self._folder / "kubeconfig")}
        own |= {"HTTPS_PROXY": self.emulation.proxy_url, **self.environment}
        done = subprocess.run(
            ["bash", SCRIPT],
            env=environment.complete(own),
            cwd=self._folder,
            text=True,
            capture_output=True,
            check=False,
        )
        self.outputs.append(done.stdout + done.stderr)
        return Ended(done.returncode, done.stdout)

    def make_stale(self) -> None:
        [slot] = self.server.slots
        self.emulation.server.call(lambda: self.server.use_keys(None, slot))
        self.r0 = self.server.registry.storage.revision

    def sweep(self, **order: Any) -> Any:
        return self.secrets.sweep(replace(Sweep(r0=self.r0), **order))

    def lease(self, name: str, spec: dict[str, Any]) -> None:
        """A Lease in `default`, as somebody else wrote it."""
        item = {"metadata": {"name": name, "namespace": "default"}, "spec": spec}
        self.emulation.server.call(lambda: self.server.registry.restore(LEASES, item))

    def change(self, change: Callable[[Any], None]) -> None:
        def changed() -> None:
            self.server.request_came()
            change(self.server.registry)

        self.emulation.server.call(changed)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    with ExitStack() as stack:
        made: list[Shop] = []

        def make(count: int = 40, **cluster: Any) -> Shop:
            spec = Cluster(kms=Kms(), secrets=Secrets(count=count), **cluster)
            made.append(Shop(stack.enter_context(Emulation(catalogue.load("kms-on", clusters=(spec,)))), tmp_path))
            return made[-1]

        yield make
        for each in made:
            assert not any(MARKER in output for output in each.outputs)


def test_every_secret_is_rewritten_and_the_second_time_none(shop: Callable[..., Shop]) -> None:
    here = shop(130)
    large = {"metadata": {"name": "large", "namespace": "team-a"}, "data": {"v": "QUJD" * 250_000}, "immutable": True}
    here.change(lambda registry: registry.restore(SECRETS, {**large, "type": "Opaque"}))
    here.make_stale()
    assert len(stored.stale(here.emulation, "shop")) == 131
    first = here.sweep()
    assert (first.ended, first.tally.total, first.tally.rewritten) == ("done", 131, 131)
    assert first.finished and first.finished[0] == "team-a" and first.position.namespace == "team-b"
    assert not stored.stale(here.emulation, "shop") and stored.stored_under(here.emulation, "shop") == {"plain"}
    again = here.sweep(namespaces=("team-a", "team-b"))
    assert (again.tally.rewritten, again.tally.unproved) == (0, 0) and again.tally.current == again.tally.total > 20
    unproved = here.sweep(namespaces=("team-b",), r0=here.server.registry.storage.revision)
    assert unproved.tally.unproved == unproved.tally.current == unproved.tally.total


def test_it_goes_on_behind_a_secret_and_behind_a_namespace(shop: Callable[..., Shop]) -> None:
    here = shop(40)
    here.make_stale()
    names = sorted(
        key.split("/")[-2:] for key, _ in here.server.registry.storage.range("/registry/secrets/", "", here.r0)
    )
    namespace, name = names[10]
    behind = here.sweep(after=SecretRef(namespace, name))
    assert behind.tally.total == 29
    assert here.sweep(after=SecretRef(namespace, "")).tally.total == sum(each[0] > namespace for each in names)


def test_a_series_of_commands_comes_to_the_same_as_one(shop: Callable[..., Shop]) -> None:
    here = shop(40)
    here.make_stale()
    first = here.sweep(seconds=0, at_once=4)
    assert (first.ended, first.tally.total, len(stored.stale(here.emulation, "shop"))) == ("more", 4, 36)
    rest = here.sweep(after=first.position)
    assert rest.ended == "done" and first.tally.rewritten + rest.tally.rewritten == 40
    assert not stored.stale(here.emulation, "shop")


def test_namespace_by_namespace_it_finds_the_same(shop: Callable[..., Shop]) -> None:
    here = shop(40)
    here.secrets._wide = False
    assert here.secrets.ready() and here.secrets.census().count == 40


def test_what_is_refused_does_not_hide_the_others(shop: Callable[..., Shop]) -> None:
    here = shop(40, admission=(REFUSES,))
    here.make_stale()
    result = here.sweep()
    refused = result.tally.refused
    assert {each.secret.namespace for each in refused} == {"team-b"} and result.tally.rewritten == 40 - len(refused)
    assert {each.reason for each in refused} == {'Forbidden: admission webhook "no.example.org" denied the request'}
    assert result.finished and result.finished[0] == "team-a"


def test_conflicts_are_resolved_and_what_is_gone_is_gone(shop: Callable[..., Shop]) -> None:
    here = shop(20)
    here.make_stale()
    keys = [key for key, _ in here.server.registry.storage.range("/registry/secrets/", "", here.r0)]
    gone = "/".join(("/api/v1/namespaces", keys[3].split("/")[-2], "secrets", keys[3].split("/")[-1]))
    conflict = {
        "kind": "Status",
        "status": "Failure",
        "reason": "Conflict",
        "code": 409,
        "message": f"it holds {MARKER}",
    }
    missing = {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"}
    faults = [
        {"site": "kubernetes", "method": "PATCH", "nth": 3, "count": 2, "status": 409, "body": conflict},
        {"site": "kubernetes", "method": "PATCH", "path": f"{gone}\\?", "status": 404, "body": missing},
        {"site": "kubernetes", "method": "PATCH", "nth": 7, "reset": True},
    ]
    for fault in faults:
        here.emulation.server.call(lambda fault=fault: here.emulation.control._set_fault(fault))  # type: ignore[misc]
    result = here.sweep()
    assert (result.ended, result.tally.total, result.tally.gone, result.tally.rewritten) == ("done", 20, 1, 19)
    assert result.tally.conflicts_resolved >= 2


def test_an_undecryptable_value_is_named_and_the_rest_rewritten(shop: Callable[..., Shop]) -> None:
    here = shop(26)
    here.make_stale()
    storage = here.server.registry.storage
    lost = next(key for key, _ in storage.range("/registry/secrets/team-a/", "", here.r0))
    here.emulation.server.call(lambda: storage.put(lost, LOST, storage.get(lost).cached))
    name = SecretRef("team-a", lost.split("/")[-1])
    assert here.secrets.ready() and here.secrets.census().unreadable == (name,)
    result = here.sweep()
    assert [each.secret for each in result.unreadable] == [name] and not result.tally.refused
    assert (result.tally.total, result.tally.rewritten, result.finished) == (25, 25, None)


def test_the_note_is_written_and_not_over_another(shop: Callable[..., Shop]) -> None:
    here = shop(3)
    assert here.secrets.switch() is None
    mine = Switch("https://kv.example/keys/k/1", "run with 'quotes'", 17)
    here.secrets.note_switch(mine)
    assert here.secrets.switch() == mine
    here.secrets.note_switch(replace(mine, proved=True))
    other = InvokedSecrets(here.run, a_cluster, 0.01)
    assert other.switch() == replace(mine, proved=True)
    other.note_switch(replace(mine, r0=18))
    with pytest.raises(Exception, match="Conflict"):
        here.secrets.note_switch(replace(mine, r0=19))


def test_who_is_at_work_is_seen_from_inside(shop: Callable[..., Shop]) -> None:
    here = shop(3)
    assert here.secrets.holder() is None
    renewed = datetime.now(timezone.utc) - timedelta(seconds=20)
    times = {"acquireTime": "2026-11-22T12:00:00.000000Z", "renewTime": f"{renewed:%Y-%m-%dT%H:%M:%S.%fZ}"}
    spec = {"holderIdentity": '20261122-120000-enable anna\'s "own" laptop', "leaseDurationSeconds": 120, **times}
    here.lease("akskv-run", spec)
    assert here.secrets.ready()
    holder = here.secrets.holder()
    assert holder and (holder.run, holder.who) == ("20261122-120000-enable", 'anna\'s "own" laptop')
    assert 19 <= holder.silent <= 60 and not holder.lapsed
    here.lease("akskv-run", {**spec, "holderIdentity": ""})
    assert here.secrets.ready() and here.secrets.holder() is None


def test_evidence_and_rights_come_from_inside(shop: Callable[..., Shop]) -> None:
    here = shop(3)
    found = here.secrets.evidence()
    assert found and found.servers == frozenset(found.writing) and len(found.servers) == 1
    assert here.secrets.latest_version() == here.server.registry.storage.revision


def test_without_kubectl_it_says_so(shop: Callable[..., Shop], tmp_path: Path) -> None:
    here = shop(3)
    (tmp_path / "bin").mkdir()
    for program in ("bash", "awk", "mktemp", "rm"):
        (tmp_path / "bin" / program).symlink_to(f"/usr/bin/{program}")
    here.environment["PATH"] = str(tmp_path / "bin")
    with pytest.raises(Exception, match="there is no kubectl in the command's pod"):
        here.secrets.ready()
