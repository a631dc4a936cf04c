"""The Mounts port at a scripted API server: what is asked for, what is taken, and what a user of few rights sees."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.failures import Denied, GatewayError, Rejected, Unavailable
from azext_akskv.gateways.kube import TABLE, KubeSecrets
from azext_akskv.gateways.kube_mounts import MOST_LOG_BYTES, EitherMounts, KubeMounts
from azext_akskv.gateways.kube_mounts_inside import InvokedMounts
from azext_akskv.gateways.kube_way import Way
from azext_akskv.model.mounts.installed import Layout, Role
from azext_akskv.model.mounts.seen import LogSource, Seen
from azext_akskv.model.mounts.synced import AccountRef, ServiceAccount, SyncedSecret
from azext_akskv.model.observed import NotObserved
from tests.builders import a_cluster
from tests.mount_builders import NODE, a_pod, a_provider_pod
from tests.mounts_cluster import PLANTED, MountsCluster, a_mounts_cluster
from tests.unit.gateways.conftest import AT_ONCE, Reply
from tests.unit.gateways.kube.kube_service import KubeService, a_status

DRIVER = AccountRef("kube-system", "aks-secrets-store-csi-driver")


class Cluster:
    """The gateway in front of a cluster with an add-on."""

    def __init__(self, kube: KubeService) -> None:
        self.kube = kube
        self.state: MountsCluster = a_mounts_cluster()
        kube.reply_to = self.state.reply_to  # type: ignore[method-assign]  # the state answers

    def mounts(self, workers: int = 8) -> KubeMounts:
        direct = KubeSecrets(self.kube.server, AT_ONCE)
        return KubeMounts(direct.ask, direct.lines, workers)

    def look(self, namespace: str | None = None) -> Seen:
        return self.mounts().look(namespace)

    @property
    def asked(self) -> list[str]:
        return [each.path for each in self.state.requests]


@pytest.fixture
def cluster(kube: KubeService) -> Cluster:
    return Cluster(kube)


def test_everything_is_seen_at_once(cluster: Cluster) -> None:
    seen = cluster.look()
    assert seen.kind_known.get() and seen.installed.layouts() == {Layout.ADD_ON}
    assert [each.name for each in seen.installed.nodes.get()] == ["aks-pool1-0", "aks-pool1-1"]
    assert len(seen.installed.pods.get()) == 4 and seen.installed.registered(NODE)
    driver = seen.installed.driver.get()
    assert driver is not None and driver.audiences == ("api://AzureADTokenExchange",)
    assert [str(each) for each in seen.classes.get()] == ["team-a/kv", "team-c/spare"]
    assert [each.name for each in seen.classes.get()[0].objects] == ["db-pass", "web-tls"]
    assert [str(each) for each in seen.consumers.get()] == ["team-a/web-0", "team-a/web-1"]
    assert [each.pod for each in seen.mounted.get()] == ["web-1"]
    assert [each.reason for each in seen.events.get()] == ["FailedMount"]
    assert seen.secrets_of("team-a").get() == (
        SyncedSecret("team-a", "db", "Opaque", 1, managed=True, used=False),
        SyncedSecret("team-a", "sp", "Opaque", 1, managed=False, used=True),
    )
    assert [each.type for each in seen.secrets_of("team-c").get()] == ["helm.sh/release.v1"]
    assert seen.accounts_of("team-a").get()[1] == ServiceAccount("team-a", "web", "client-1")
    assert seen.sync_rights[DRIVER, "team-a"].get() is True


def test_of_secrets_nothing_but_rows_is_asked_for_and_of_nobody_a_value_kept(cluster: Cluster) -> None:
    seen = cluster.look()
    asked = [each for each in cluster.state.requests if each.path.endswith("/secrets")]
    assert len(asked) == 6  # two namespaces, and two labels in each
    for each in asked:
        assert each.method == "GET" and each.headers["accept"] == TABLE and each.query["includeObject"] == "None"
    assert PLANTED not in repr(seen)
    assert "team-b" not in seen.secrets  # nobody there has a class or mounts one


def test_nothing_is_changed_by_a_look(cluster: Cluster) -> None:
    cluster.look()
    assert {each.method for each in cluster.state.requests if "accessreviews" not in each.path} == {"GET"}


def test_a_namespace_alone(cluster: Cluster) -> None:
    cluster.state.objects["pods"].append(a_pod("far-0", "team-c"))
    seen = cluster.look("team-a")
    assert {each.namespace for each in seen.consumers.get()} == {"team-a"} == set(seen.secrets)
    assert "/api/v1/namespaces/team-a/events" in cluster.asked and "/api/v1/events" not in cluster.asked
    # all the same: a class may be in the wrong place, and the driver is in its own namespace
    assert len(seen.classes.get()) == 2 and len(seen.installed.pods.get()) == 4


def test_lists_are_read_to_their_last_page(cluster: Cluster) -> None:
    cluster.state.page = 1
    seen = cluster.look()
    assert len(seen.installed.nodes.get()) == 2 and len(seen.consumers.get()) == 2
    assert len(seen.secrets_of("team-a").get()) == 2


def test_one_request_after_the_other_comes_to_the_same(cluster: Cluster) -> None:
    assert cluster.mounts(1).look() == cluster.look()


REFUSED = {
    "nodes": ("nodes", lambda seen: seen.installed.nodes),
    "csinodes": ("csinodes.storage.k8s.io", lambda seen: seen.installed.drivers),
    "csidrivers": ("csidrivers.storage.k8s.io", lambda seen: seen.installed.driver),
    "secretproviderclasses": ("secretproviderclasses.secrets-store.csi.x-k8s.io", lambda seen: seen.classes),
    "secretproviderclasspodstatuses": (
        "secretproviderclasspodstatuses.secrets-store.csi.x-k8s.io",
        lambda seen: seen.mounted,
    ),
    "events": ("events", lambda seen: seen.events),
}


@pytest.mark.parametrize("plural", REFUSED)
def test_what_may_not_be_read_is_unknown_by_itself(cluster: Cluster, plural: str) -> None:
    right, part = REFUSED[plural]
    cluster.state.refused = {f"list {plural}"}
    seen = cluster.look()
    gap = part(seen).gap or ""
    assert f"the right that is needed: list {right}. (Forbidden)" in gap and 'User "u" cannot list' in gap
    known = {name: find(seen).known for name, (_, find) in REFUSED.items()}
    assert known == {name: name != plural for name in REFUSED}


def test_without_the_pods_nothing_that_follows_from_them_is_known(cluster: Cluster) -> None:
    cluster.state.refused = {"list pods", "list pods kube-system"}
    seen = cluster.look()
    assert not seen.consumers.known and not seen.installed.pods.known
    assert set(seen.secrets) == {"team-a", "team-c"} and not seen.accounts and not seen.sync_rights
    with pytest.raises(NotObserved):
        seen.accounts_of("team-a").get()


def test_who_may_read_kube_system_alone_sees_the_add_on_and_is_told_so(cluster: Cluster) -> None:
    cluster.state.refused = {"list pods"}
    seen = cluster.look("team-a")
    assert len(seen.installed.pods.get()) == 4 and seen.installed.only_of == "kube-system"
    cluster.state.objects["pods"] = [a_pod()]
    nothing_there = cluster.look("team-a").installed.pods
    assert not nothing_there.known and "there may be some elsewhere" in str(nothing_there.gap)


def test_who_may_read_classes_of_one_namespace_sees_these(cluster: Cluster) -> None:
    cluster.state.refused = {"list secretproviderclasses"}
    assert [str(each) for each in cluster.look("team-a").classes.get()] == ["team-a/kv"]
    assert not cluster.look().classes.known


def test_secrets_and_accounts_are_unknown_namespace_by_namespace(cluster: Cluster) -> None:
    cluster.state.refused = {"list secrets team-a", "list serviceaccounts team-a"}
    seen = cluster.look()
    assert "the right that is needed: list secrets" in str(seen.secrets_of("team-a").gap)
    assert not seen.accounts_of("team-a").known and seen.secrets_of("team-c").known


def test_a_right_that_may_not_be_asked_about_is_unknown(cluster: Cluster) -> None:
    cluster.state.refused = {"create subjectaccessreviews"}
    gap = str(cluster.look().sync_rights[DRIVER, "team-a"].gap)
    assert "create subjectaccessreviews.authorization.k8s.io" in gap and "may create secrets in team-a" in gap


def test_a_driver_without_the_right_to_make_secrets_is_seen(cluster: Cluster) -> None:
    cluster.state.may = set()
    assert cluster.look().sync_rights[DRIVER, "team-a"].get() is False


def test_without_the_kind_there_are_no_classes(cluster: Cluster) -> None:
    cluster.state.without_classes = True
    seen = cluster.look()
    assert seen.kind_known.get() is False
    assert seen.classes.get() == seen.mounted.get() == ()
    assert any("/v1alpha1/secretproviderclasses" in each for each in cluster.asked)


class Answering:
    """Other answers than the state's, by the end of the path."""

    def __init__(self, cluster: Cluster, **replies: Reply) -> None:
        self._state = cluster.state
        self._replies = replies
        cluster.kube.reply_to = self.reply_to  # type: ignore[method-assign]  # a stand-in

    def reply_to(self, request: Any) -> Reply:
        own = self._replies.get(request.path.rpartition("/")[2])
        return own or self._state.reply_to(request)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"kind": "NodeList", "items": {"metadata": {}}}),
        Reply(200, {"kind": "NodeList", "items": [{"spec": {"taints": [3]}}]}),
        Reply(200, "<html>"),
        Reply(500, a_status(500, "InternalError", "etcd is away")),
        Reply(429, a_status(429, "TooManyRequests", "later")),
        Reply(cut=True),
    ],
)
def test_an_answer_that_is_none_makes_one_part_unknown(cluster: Cluster, reply: Reply) -> None:
    Answering(cluster, nodes=reply)
    seen = cluster.look()
    assert "cannot read the nodes: " in str(seen.installed.nodes.gap) and seen.consumers.known


def test_a_table_with_objects_is_not_looked_into(cluster: Cluster) -> None:
    row = {"cells": ["db", "Opaque", 1, "5d"], "object": {"kind": "Secret", "data": {"password": PLANTED}}}
    table = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": [{"name": "Name"}], "rows": [row]}
    Answering(cluster, secrets=Reply(200, table))
    assert "not-a-table" in str(cluster.look().secrets_of("team-a").gap)


def test_a_list_that_changes_while_it_is_read_is_not_taken_for_a_kind_that_is_not_there(cluster: Cluster) -> None:
    cluster.state.page = 1
    original = cluster.state.reply_to

    def expired(request: Any) -> Reply:
        late = request.path.endswith("/secretproviderclasses") and "continue" in request.query
        return Reply(410, a_status(410, "Expired", "the token is too old")) if late else original(request)

    cluster.kube.reply_to = expired  # type: ignore[method-assign]  # a stand-in
    seen = cluster.look()
    assert "it changed while it was read" in str(seen.classes.gap) and not seen.kind_known.known


def test_pages_that_are_too_large_are_asked_for_smaller(cluster: Cluster) -> None:
    heavy = "x" * 1_500_000
    cluster.state.objects["pods"] = [a_pod(f"web-{n}", padding=heavy) for n in range(6)]
    assert len(cluster.look().consumers.get()) == 6
    limits = [each.query["limit"] for each in cluster.state.requests if each.path == "/api/v1/pods"]
    assert {"100", "25", "6", "1"} <= set(limits)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(Reply(401, a_status(401, "Unauthorized", "who?")), Denied), (Reply(cut=True), Unavailable)],
)
def test_where_nobody_can_log_in_nothing_more_is_asked(
    cluster: Cluster, reply: Reply, kind: type[GatewayError]
) -> None:
    Answering(cluster, csidrivers=reply)
    with pytest.raises(kind):
        cluster.look()
    assert cluster.asked == []


def test_a_login_that_fails_is_told_as_it_is() -> None:
    def connect() -> Any:
        raise Denied("read the cluster's kubeconfig", "AuthorizationFailed", "no")

    direct = KubeSecrets(connect, AT_ONCE)
    with pytest.raises(Denied, match="kubeconfig"):
        KubeMounts(direct.ask, direct.lines).look()


SOURCE = LogSource("kube-system", f"provider-on-{NODE}", "provider-azure-installer", NODE)
BEFORE = LogSource("kube-system", f"provider-on-{NODE}", "provider-azure-installer", NODE, previous=True)


def log_of(cluster: Cluster, text: str) -> Any:
    cluster.state.logs[SOURCE.namespace, SOURCE.pod, SOURCE.container, False] = text
    [log] = cluster.mounts().logs([SOURCE], 3600)
    return log


def test_logs_come_line_by_line_of_the_program_alone(cluster: Cluster) -> None:
    log = log_of(cluster, 'E1122 12:00:00.000001 1 server.go:325] "failed" err=<\n\tGET https://x\n >\n')
    assert log.lines == ('E1122 12:00:00.000001 1 server.go:325] "failed" err=<', "\tGET https://x", " >")
    assert (log.source, log.cut, log.gap) == (SOURCE, "", "")
    [asked] = cluster.state.requests
    assert asked.query == {
        "container": "provider-azure-installer",
        "sinceSeconds": "3600",
        "tailLines": "20000",
        "limitBytes": str(MOST_LOG_BYTES),
    }


def test_the_log_before_a_crash_is_one_of_its_own(cluster: Cluster) -> None:
    cluster.state.logs[BEFORE.namespace, BEFORE.pod, BEFORE.container, True] = "E the end\n"
    now, before = cluster.mounts().logs([SOURCE, BEFORE], 60)
    assert now.lines == () and now.gap.startswith(f"cannot read the log of {SOURCE}: (HTTP 400)")
    assert before.lines == ("E the end",) and not before.gap


def test_a_log_of_many_lines_says_that_the_older_ones_are_missing(cluster: Cluster) -> None:
    log = log_of(cluster, "".join(f"I {n}\n" for n in range(20_500)))
    assert len(log.lines) == 20_000 and log.lines[-1] == "I 20499"
    assert log.cut == "only its last 20,000 lines were read"


def test_of_a_log_of_long_lines_the_newest_are_kept(cluster: Cluster) -> None:
    log = log_of(cluster, "".join(f"{n} {'x' * 300}\n" for n in range(12_000)))
    assert len(log.lines) == 5_000 and log.lines[-1].startswith("11999 ")
    assert log.cut == "only its last 5,000 lines were read"


def test_of_lines_too_long_for_all_that_a_part_is_read(cluster: Cluster) -> None:
    log = log_of(cluster, "".join(f"{n} {'x' * 20_000}\n" for n in range(400)))
    assert log.cut == "of its last 300 lines no more than 2 MB were read"


@pytest.mark.parametrize("inside", [True, False])
def test_the_way_decides(cluster: Cluster, inside: bool) -> None:
    def refused(*_: Any) -> Any:
        raise Rejected("run a command", "run-command-off", "it is turned off")

    way = Way("run-command" if inside else "direct", cluster.kube.server, a_cluster, lambda _text: None)
    either = EitherMounts(way, cluster.mounts(), InvokedMounts(refused, a_cluster))
    if inside:
        with pytest.raises(Rejected, match="turned off"):
            either.look()
        with pytest.raises(Rejected, match="turned off"):
            list(either.logs([SOURCE], 60))
    else:
        assert len(either.look().installed.on_node(NODE, Role.PROVIDER)) == 1
        assert len(list(either.logs([SOURCE], 60))) == 1


def test_a_chart_elsewhere_asks_about_its_own_account(cluster: Cluster) -> None:
    cluster.state.objects["pods"][0]["metadata"]["namespace"] = "csi"
    cluster.state.objects["pods"].append(a_provider_pod(namespace="csi", app="csi-secrets-store-provider-azure"))
    rights = cluster.look().sync_rights
    assert {str(account) for account, _ in rights} == {
        "csi:aks-secrets-store-csi-driver",
        "kube-system:aks-secrets-store-csi-driver",
    }


def test_a_glance_asks_for_what_changes_alone(cluster: Cluster) -> None:
    seen, whole = cluster.mounts().glance("team-a"), cluster.look("team-a")
    assert (seen.consumers, seen.mounted, seen.events) == (whole.consumers, whole.mounted, whole.events)
    assert seen.classes == whole.classes and not seen.installed.nodes.known and not seen.sync_rights
    rows = [(each.name, each.entries) for each in seen.secrets_of("team-a").get()]
    assert rows == [("db", 1), ("sp", 1)] and set(seen.secrets) == {"team-a"}  # team-c's class makes no Secret


def test_of_secrets_a_glance_asks_for_rows_too(cluster: Cluster) -> None:
    seen = cluster.mounts().glance()
    asked = [each for each in cluster.state.requests]
    assert {each.method for each in asked} == {"GET"} and len(asked) == 5
    [rows] = [each for each in asked if each.path.endswith("/secrets")]
    assert rows.headers["accept"] == TABLE and rows.query["includeObject"] == "None" and PLANTED not in repr(seen)


@pytest.mark.parametrize("plural", ["pods", "secretproviderclasses", "secretproviderclasspodstatuses", "events"])
def test_what_a_glance_may_not_see_is_unknown_by_itself(cluster: Cluster, plural: str) -> None:
    Answering(cluster, **{plural: Reply(403, a_status(403, "Forbidden", "no"))})
    seen = cluster.mounts().glance("team-a")
    parts = {"pods": seen.consumers, "secretproviderclasses": seen.classes, "events": seen.events}
    unknown = [each for each in (*parts.values(), seen.mounted) if not each.known]
    assert len(unknown) == 1 and unknown[0] == parts.get(plural, seen.mounted)


def test_a_glance_at_an_api_server_that_is_away_is_none(cluster: Cluster) -> None:
    Answering(cluster, events=Reply(cut=True))
    with pytest.raises(Unavailable):
        cluster.mounts().glance()
