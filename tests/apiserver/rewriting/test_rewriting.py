"""The rewrite on a real API server while others write, the server breaks off, and secrets are out of the ordinary."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from azext_akskv.flows.enable import ENABLE
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_server import ApiServer, patient
from azext_akskv.gateways.retries import Retries
from azext_akskv.model.kube import SecretPage, SecretRef
from emulator.real.guard import Guard
from emulator.worlds.cluster_access import AdmissionRule
from tests.apiserver.rewriting.bare import PREFIX, BareCluster, a_secret, ignore, path_of
from tests.apiserver.rewriting.rewrite import carried_out, note_switch
from tests.apiserver.rewriting.writers import Writer

USER = "rewriter"


@contextmanager
def later(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Does something while the block runs, and is over at its end."""
    timer = threading.Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.join()


@contextmanager
def writing(cluster: BareCluster, count: int = 3) -> Iterator[list[Writer]]:
    """Writers at work in namespaces of their own, and all that they wrote is there at the end."""
    cluster.make_namespaces(f"writers-{number}" for number in range(count))
    writers = [Writer(cluster, f"writers-{number}", number) for number in range(count)]
    for writer in writers:
        writer.start()
    try:
        yield writers
    finally:
        for writer in writers:
            writer.finish()
    assert [writer.wrong() for writer in writers] == [[] for _ in writers]
    assert [writer.unexpected for writer in writers] == [[] for _ in writers]


def switched(cluster: BareCluster, port: KubeSecrets) -> None:
    """The key is another one, and the cluster notes since when."""
    cluster.switch_key()
    note_switch(port)


def test_writers_lose_no_update_and_everything_is_proved(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.stock("team-a", 900)
    cluster.stock("team-b", 300)
    port = cluster.secrets()
    switched(cluster, port)
    with writing(cluster) as writers:
        result = carried_out(port, tmp_path, max_rate=400.0)
    assert result.rewrite and (result.status, result.rewrite.proved) == ("done", True), result
    assert set(cluster.under()) == {"now"}
    assert result.rewrite.tally.rewritten >= 1200 and min(writer.writes for writer in writers) > 50


def test_a_restart_midway_is_waited_for_and_nobody_loses_an_update(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.stock("team-a", 1200)
    port = cluster.secrets()
    switched(cluster, port)

    def crash() -> None:
        cluster.server.kill()
        cluster.restart()

    with writing(cluster) as writers, later(1.0, crash):
        result = carried_out(port, tmp_path, max_rate=400.0)
    assert result.rewrite and (result.status, result.rewrite.proved) == ("done", True), result
    assert set(cluster.under()) == {"now"}
    assert sum(writer.lost_answers for writer in writers) > 0


def test_a_server_that_says_nothing_for_a_while_is_asked_again(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.stock("team-a", 800)
    port = cluster.secrets(answer_timeout=1.0)
    switched(cluster, port)
    pid = cluster.server.pid
    assert pid

    def stall() -> None:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(2.5)
        os.kill(pid, signal.SIGCONT)

    with later(0.8, stall):
        result = carried_out(port, tmp_path, max_rate=300.0)
    assert result.rewrite and (result.status, result.rewrite.proved) == ("done", True), result
    assert cluster.under() == {"now": 800}


def test_priority_and_fairness_makes_it_slower_and_nothing_else(cluster: BareCluster, tmp_path: Path) -> None:
    """The rewriter gets so small a share that most of what it could send is rejected with 429."""
    cluster.stock("team-a", 600)
    binding = {
        "metadata": {"name": USER},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": USER}],
    }
    cluster.must("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    limited = {"assuredConcurrencyShares": 1, "limitResponse": {"type": "Reject"}}
    flow_control = "/apis/flowcontrol.apiserver.k8s.io/v1beta1"
    level = {"metadata": {"name": USER}, "spec": {"type": "Limited", "limited": limited}}
    cluster.must("POST", f"{flow_control}/prioritylevelconfigurations", level)
    everything: dict[str, Any] = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"], "namespaces": ["*"]}
    rule = {
        "subjects": [{"kind": "User", "user": {"name": USER}}],
        "resourceRules": [{**everything, "clusterScope": True}],
    }
    schema = {"priorityLevelConfiguration": {"name": USER}, "matchingPrecedence": 100, "rules": [rule]}
    cluster.must("POST", f"{flow_control}/flowschemas", {"metadata": {"name": USER}, "spec": schema})
    port = cluster.secrets(user=USER)
    switched(cluster, port)
    result = carried_out(port, tmp_path, max_rate=0.0)
    assert result.rewrite and (result.status, result.rewrite.proved) == ("done", True), result
    assert cluster.under() == {"now": 600}
    metrics = cluster.server.get("/metrics").data.decode()
    rejected = [line for line in metrics.splitlines() if line.startswith("apiserver_flowcontrol_rejected_requests_tot")]
    assert any(f'priorityLevel="{USER}"' in line or f'priority_level="{USER}"' in line for line in rejected), rejected


def test_a_token_that_ends_midway_is_renewed(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.stock("team-a", 600)
    logins: list[str] = []
    retries = Retries(time.sleep, ignore, 0.2, 20.0)

    def connect() -> ApiServer:
        logins.append(cluster.server.token)
        return ApiServer(cluster.access(), "", patient(retries))

    port = KubeSecrets(connect, retries)
    switched(cluster, port)

    def end_token() -> None:
        tokens = cluster.folder / "tokens.csv"
        tokens.write_text(tokens.read_text().replace(cluster.server.token, "f" * 64))
        cluster.server.token = "f" * 64
        cluster.restart()

    with later(0.6, end_token):
        result = carried_out(port, tmp_path, max_rate=300.0)
    assert result.rewrite and (result.status, result.rewrite.proved) == ("done", True), result
    assert cluster.under() == {"now": 600} and len(logins) == len(set(logins)) == 2


class Compacted:
    """The port, with a history that ends right before every page that goes on with the server's token."""

    def __init__(self, port: KubeSecrets, cluster: BareCluster) -> None:
        self._port, self._cluster = port, cluster
        self.own: set[str] = set()
        self.expired = 0

    def behind(self, secret: SecretRef) -> str:
        token = self._port.behind(secret)
        self.own.add(token)
        return token

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def page(self, namespace: str, after: str | None = None, limit: int = 500) -> SecretPage:
        if after and after not in self.own:
            self.expired += 1
            new = a_secret(namespace, f"z{self.expired}")
            self._cluster.must("POST", f"/api/v1/namespaces/{namespace}/secrets", new)
            self._cluster.compact()
        return self._port.page(namespace, after, limit)


def test_an_expired_list_goes_on_where_it_was(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.stock("team-a", 1600)
    port = cluster.secrets()
    switched(cluster, port)
    compacted: Any = Compacted(port, cluster)
    result = carried_out(compacted, tmp_path, max_rate=0.0)
    assert result.rewrite and (result.status, result.rewrite.proved) == ("done", True), result
    assert compacted.expired >= 4 and cluster.under() == {"now": 1600 + compacted.expired}


def test_what_a_webhook_refuses_is_named_and_the_rest_is_rewritten(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.stock("team-a", 50)
    cluster.make_secrets(a_secret("team-a", f"guarded-{number}") for number in range(3))
    port = cluster.secrets()
    switched(cluster, port)
    refused = 'admission webhook "deny-guarded.example.com" denied the request: the vault manages {name}'
    rule = AdmissionRule(refused, names=tuple(f"guarded-{number}" for number in range(3)))
    with Guard([rule], cluster.authority) as guard:
        guard.stand_before(cluster.server)
        result = carried_out(port, tmp_path, max_rate=0.0)
    assert result.rewrite and result.status == "failed" and not result.rewrite.proved
    assert {str(each.secret) for each in result.rewrite.tally.refused} == {f"team-a/guarded-{n}" for n in range(3)}
    assert "deny-guarded.example.com" in result.rewrite.tally.refused[0].reason
    assert cluster.under() == {"before": 3, "now": 50}


def test_a_value_that_cannot_be_decrypted_is_named_and_gone_round(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.stock("team-a", 40)
    cluster.stock("team-b", 40)
    port = cluster.secrets()
    switched(cluster, port)
    cluster.etcd.put(f"{PREFIX}team-a/s-00017", b"k8s:enc:aescbc:v1:gone:" + bytes(64))
    result = carried_out(port, tmp_path / "reencrypt", max_rate=0.0)
    assert result.rewrite and result.status == "failed" and not result.rewrite.proved
    assert [str(each.secret) for each in result.rewrite.tally.refused] == ["team-a/s-00017"]
    assert cluster.under() == {"now": 79, "gone": 1}
    change = carried_out(port, tmp_path / "enable", flow=ENABLE, vault="kv1", key="etcd")
    unreadable = [each for each in change.findings if each.code == "secret-unreadable"]
    assert change.status == "refused" and unreadable and "team-a/s-00017" in unreadable[0].text


def test_immutable_large_and_annotated_secrets_are_rewritten_as_they_are(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.make_namespaces(["team-a"])
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "x" * 100_000}
    bodies = [
        a_secret("team-a", "pinned", immutable=True),
        a_secret("team-a", "large", size=1_000_000),
        a_secret("team-a", "token", type="bootstrap.kubernetes.io/token"),
    ]
    annotated = a_secret("team-a", "applied")
    annotated["metadata"]["annotations"] = applied
    cluster.make_secrets([*bodies, annotated])
    before = {name: cluster.must("GET", path_of(each)) for each in [*bodies, annotated] for name in [path_of(each)]}
    port = cluster.secrets()
    switched(cluster, port)
    result = carried_out(port, tmp_path, max_rate=0.0)
    assert result.rewrite and (result.status, result.rewrite.proved) == ("done", True), result
    assert cluster.under() == {"now": 4}
    for path, was in before.items():
        now = cluster.must("GET", path)
        assert int(now["metadata"].pop("resourceVersion")) > int(was["metadata"].pop("resourceVersion"))
        assert {**now, "metadata": {**now["metadata"], "managedFields": None}} == {
            **was,
            "metadata": {**was["metadata"], "managedFields": None},
        }


def test_a_server_that_has_not_changed_over_proves_nothing(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.stock("team-a", 30)
    port = cluster.secrets()
    note_switch(port)
    result = carried_out(port, tmp_path, max_rate=0.0)
    assert result.rewrite and result.status == "failed" and not result.rewrite.proved
    assert result.trouble and "none was written after the key change" in result.trouble.text
    assert cluster.under() == {"now": 30}
