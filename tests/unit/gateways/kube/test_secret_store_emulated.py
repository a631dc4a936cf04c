"""The SecretStore port through a user's kubeconfig, against the emulated clusters outside Azure."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from azext_akskv.failures import Conflict, Missing, Rejected
from azext_akskv.gateways.kube import MERGE_PATCH, TABLE, WITHOUT_OBJECTS, KubeSecrets
from azext_akskv.gateways.kube_credentials import Around, connector
from azext_akskv.gateways.kube_secret_store import KubeSecretStore
from azext_akskv.gateways.kube_server import Request
from azext_akskv.model.federation import AUDIENCE
from azext_akskv.model.mounts.manifests.manifest import Kind, Manifest, Ref
from azext_akskv.model.secret_store.connected import connected_id
from azext_akskv.model.secret_store.manifests import Copied, Setup, change_of, differences, manifests_of
from azext_akskv.model.secret_store.seen import CERT_MANAGER, TRUST_MANAGER, SecretRow, log_sources
from azext_akskv.model.secret_store.standing import Standing
from azext_akskv.model.secret_store.statuses import Meaning, meaning_of
from emulator.emulation import Emulation
from emulator.worlds import catalogue
from emulator.worlds.spec import SUBSCRIPTION, Delays
from tests.unit.gateways.conftest import AT_ONCE

EDGE = connected_id(SUBSCRIPTION, "shop-rg", "edge")
SYNC = Ref(Kind.SYNC, "shop", "db-pass")
SECRET = "/api/v1/namespaces/shop/secrets/db-pass"
PLAIN = ("correct-horse", "Y29ycmVjdC")


class Reached:
    """An emulated cluster, and the port in front of it by way of a kubeconfig in a file."""

    def __init__(self, emulation: Emulation, folder: Path, context: str) -> None:
        path = folder / "kubeconfig"
        path.write_text(emulation.server.call(emulation.world.kubernetes.outside_kubeconfig))
        self.emulation = emulation
        self.secrets = KubeSecrets(connector((path,), context, Around({}), AT_ONCE), AT_ONCE)
        self.store = KubeSecretStore(EDGE, self.secrets.ask, self.secrets.lines)

    def requests(self, method: str = "") -> list[str]:
        log = self.emulation.world.log.document()
        return [f"{entry['method']} {entry['url']}" for entry in log if method in ("", entry["method"])]


Reach = Callable[..., Reached]


@pytest.fixture
def reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reach]:
    with ExitStack() as stack:

        def start(world: str, context: str = "edge", **overrides: Any) -> Reached:
            overrides.setdefault("delays", Delays(grant=0, update=0.1))
            emulation = stack.enter_context(Emulation(catalogue.load(world, **overrides)))
            monkeypatch.setenv("HTTPS_PROXY", emulation.proxy_url)
            monkeypatch.setenv("NO_PROXY", "localhost")
            return Reached(emulation, tmp_path, context)

        yield start


def setup(**changed: Any) -> Setup:
    given = {"copied": (Copied("api-key"),), **changed}
    return Setup("shop", "api-class", "shop-sync", "shop-kv", "t" * 8, "c" * 8, **given)


def made(**changed: Any) -> dict[Kind, Manifest]:
    return {each.ref.kind: each for each in manifests_of(setup(**changed))}


def test_an_api_server_says_which_cluster_it_is(reach: Reach) -> None:
    edge = reach("ss-healthy")
    found = edge.store.whose()
    assert found and found.id == EDGE and found.is_of(EDGE) and found.tenant and found.agent_version
    assert edge.store.version() == "v1.31.5+k3s1"


@pytest.mark.parametrize(("context", "named"), [("edge-2", "/edge-2"), ("lab", None)])
def test_nothing_is_written_to_another_cluster(reach: Reach, context: str, named: str | None) -> None:
    other = reach("ss-wrong-cluster", context)
    found = other.store.whose()
    assert (named is None) is (found is None) and (found is None or str(found.id).endswith(named or ""))
    secret = other.store.secret("kube-system", "none")
    assert secret is None
    manifest = made()[Kind.CLASS]
    account = Ref(Kind.ACCOUNT, "kube-system", "default")
    standing = Standing(account, "uid", "1", {}, {})
    writes: list[Callable[[], None]] = [
        lambda: other.store.create(manifest),
        lambda: other.store.change(manifest.ref, {}),
        lambda: other.store.force(SYNC, "now"),
        lambda: other.store.delete(standing),
        lambda: other.store.delete_secret(SecretRow("shop", "db-pass", version="1")),
    ]
    for write in writes:
        with pytest.raises(Rejected) as refused:
            write()
        assert refused.value.code == "OtherCluster" and "nothing was written" in refused.value.message
    assert {each.partition(" ")[0] for each in other.requests()} <= {"GET", "CONNECT"}


def test_a_look_sees_what_is_installed_and_what_came_of_it(reach: Reach) -> None:
    edge = reach("ss-healthy")
    seen = edge.store.look("shop")
    assert seen.namespaces.get()["shop"] == "Active"
    kinds = {"secretsyncs.secret-sync.x-k8s.io", "akvsyncs.secret-sync.x-k8s.io"}
    assert kinds | {"secretproviderclasses.secrets-store.csi.x-k8s.io"} <= seen.definitions.get()
    assert {"certificates.cert-manager.io", "bundles.trust.cert-manager.io"} <= seen.definitions.get()
    [controller] = seen.controllers.get()
    assert (controller.namespace, controller.running) == ("azure-secret-store", True)
    [pod] = seen.pods.get()
    assert pod.ready and set(pod.images) == {"manager", "provider-azure-installer"}
    certificates = {each.role: each for each in seen.certificates.get() if each.running}
    assert set(certificates) == {CERT_MANAGER, TRUST_MANAGER}
    [sync] = seen.syncs.get()
    assert str(sync) == "shop/db-pass" and {meaning_of(each.reason) for each in sync.conditions} & {Meaning.CREATED}
    [one] = seen.classes.get()
    assert one.name == "shop-kv" and one.objects[0].name == "db-pass"
    assert {each.name for each in seen.accounts.get()} >= {"shop-sync"}
    assert seen.akv_syncs.get() == () and seen.troubles.get() == ()
    assert seen.driver.get() is None and seen.driver_pods.get() == ()
    row = seen.secret("shop", "db-pass").get()
    assert row and (row.type, row.entries, row.labelled) == ("Opaque", 2, True)
    assert not seen.secret("kube-system", "any").known
    [node] = seen.nodes.get()
    assert (node.system, node.architecture, node.ready) == ("linux", "amd64", True)
    assert any(each.startswith("service-account-issuer=https://") for each in node.server_arguments)


def test_no_look_asks_for_what_a_secret_holds(reach: Reach, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    edge = reach("ss-label")
    edge.store.look()
    row = edge.store.secret("shop", "db-pass")
    assert row and not row.labelled and row.version
    asked = [each for each in edge.requests() if "/secrets?" in each or "/secrets/" in each]
    assert asked and all("includeObject=None" in each for each in asked)
    assert not [each for each in PLAIN if each in caplog.text]


def test_what_is_not_installed_is_not_there(reach: Reach) -> None:
    seen = reach("ss-none").store.look()
    assert not [each for each in seen.definitions.get() if each.endswith("x-k8s.io")]
    assert seen.syncs.get() == seen.akv_syncs.get() == seen.classes.get() == seen.pods.get() == ()
    assert seen.controllers.get() == ()


@pytest.mark.parametrize(
    ("world", "roles"), [("ss-cert-manager-missing", set()), ("ss-trust-manager-missing", {CERT_MANAGER})]
)
def test_what_certificates_need_is_told_apart(reach: Reach, world: str, roles: set[str]) -> None:
    seen = reach(world).store.look()
    assert {each.role for each in seen.certificates.get()} == roles


def test_the_driver_beside_is_seen(reach: Reach) -> None:
    seen = reach("ss-online-provider").store.look()
    assert seen.driver.get() is not None and seen.driver_pods.get()


def test_both_logs_are_read(reach: Reach) -> None:
    edge = reach("ss-no-role")
    sources = log_sources(edge.store.look().pods.get())
    logs = {each.source.container: each for each in edge.store.logs(sources, 86_400)}
    assert set(logs) == {"manager", "provider-azure-installer"}
    assert any("ForbiddenByRbac" in line for line in logs["provider-azure-installer"].lines)
    assert logs["manager"].lines and not logs["manager"].gap


def test_a_token_is_read_and_forgotten(reach: Reach, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    edge = reach("ss-flags-not-set")
    claims = edge.store.claims("shop", "shop-sync", AUDIENCE)
    assert claims.issuer == "https://kubernetes.default.svc.cluster.local"
    assert claims.subject == "system:serviceaccount:shop:shop-sync" and claims.audiences == (AUDIENCE,)
    assert claims.expires and claims.issued and (claims.expires - claims.issued).total_seconds() == 600
    assert "eyJ" not in caplog.text + repr(claims)
    with pytest.raises(Missing):
        edge.store.claims("shop", "nobody", AUDIENCE)


def test_rights_are_asked_for_one_by_one(reach: Reach) -> None:
    rights = [SYNC.right("create"), Ref(Kind.CLASS, "shop", "x").right("delete")]
    edge = reach("ss-healthy")
    assert {right: each.get() for right, each in edge.store.may(rights).items()} == dict.fromkeys(rights, True)


def test_objects_are_made_changed_and_deleted(reach: Reach) -> None:
    edge = reach("ss-healthy")
    manifests = made()
    refs = [each.ref for each in manifests.values()]
    before = edge.store.standing(refs)
    assert [before[each].get() is None for each in refs] == [False, True, True]
    for kind in (Kind.CLASS, Kind.SYNC):
        edge.store.create(manifests[kind])
    with pytest.raises(Conflict):
        edge.store.create(manifests[Kind.CLASS])
    after = {ref.kind: each.get() for ref, each in edge.store.standing(refs).items()}
    one, sync = after[Kind.CLASS], after[Kind.SYNC]
    assert one and sync and differences(manifests[Kind.CLASS], one.essence) == ()
    assert differences(manifests[Kind.SYNC], sync.essence) == ()
    wanted = made(copied=(Copied("api-key", history=2),))
    assert differences(wanted[Kind.CLASS], one.essence)
    edge.store.change(one.ref, change_of(wanted[Kind.CLASS], one.raw))
    changed = edge.store.standing([one.ref])[one.ref].get()
    assert changed and differences(wanted[Kind.CLASS], changed.essence) == () and changed.uid == one.uid
    with pytest.raises(Conflict):
        edge.store.change(one.ref, change_of(manifests[Kind.CLASS], one.raw))
    edge.store.delete(one)
    edge.store.delete(one)
    assert edge.store.standing([one.ref])[one.ref].get() is None
    edge.store.create(manifests[Kind.CLASS])
    with pytest.raises(Conflict):
        edge.store.delete(one)


@pytest.mark.parametrize("kept", [True, False])
def test_a_sync_goes_with_its_secret_or_without(reach: Reach, kept: bool) -> None:
    edge = reach("ss-healthy")
    sync = edge.store.standing([SYNC])[SYNC].get()
    assert sync
    edge.store.delete(sync, keep_dependents=kept)
    edge.store.version()
    assert (edge.store.secret("shop", "db-pass") is not None) is kept


def test_a_copy_is_forced(reach: Reach) -> None:
    edge = reach("ss-healthy")
    edge.store.force(SYNC, "now-1")
    [sync] = edge.store.look("shop").syncs.get()
    assert sync.force == "now-1"
    with pytest.raises(Missing):
        edge.store.force(Ref(Kind.SYNC, "shop", "nobody"), "now-1")


def test_a_secret_is_deleted_only_as_it_was_seen(reach: Reach) -> None:
    edge = reach("ss-label")
    seen = edge.store.secret("shop", "db-pass")
    assert seen
    edge.secrets.ask(_patch({"metadata": {"labels": {"changed": "by-somebody"}}}))
    with pytest.raises(Conflict):
        edge.store.delete_secret(seen)
    again = edge.store.secret("shop", "db-pass")
    assert again and again.version != seen.version
    edge.store.delete_secret(again)
    edge.store.delete_secret(again)
    bodies = [each for each in edge.requests("DELETE") if SECRET in each]
    assert [("dryRun=All" in each) for each in bodies] == [True, True, False, True]


def _patch(body: Any) -> Request:
    return Request("change", "PATCH", SECRET, WITHOUT_OBJECTS, body, content_type=MERGE_PATCH, accept=TABLE)


def test_nothing_of_the_kubeconfig_is_logged(reach: Reach, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    edge = reach("ss-healthy")
    edge.store.look()
    assert "PRIVATE KEY" not in caplog.text + json.dumps(edge.requests())
