"""The same cases on the emulated and on the real Kubernetes API, where nothing of the Secret Store is installed: what a
look at it asks for is understood."""

from __future__ import annotations

import pytest

from azext_akskv.failures import Missing, Rejected
from azext_akskv.gateways.kube_secret_store import KubeSecretStore
from azext_akskv.model.kube import KubeRight
from azext_akskv.model.mounts.manifests.manifest import Kind, Ref
from azext_akskv.model.secret_store.connected import connected_id
from tests.apiserver.shop import Shop

EDGE = connected_id("sub", "rg", "edge")
ACCOUNT = Ref(Kind.ACCOUNT, "default", "copier")


@pytest.fixture
def store(shop: Shop, through_proxy: None) -> KubeSecretStore:
    ours = shop.ours()
    shop("POST", ACCOUNT.path, {"metadata": {"name": ACCOUNT.name}})
    return KubeSecretStore(EDGE, ours.ask, ours.lines)


@pytest.mark.parametrize("namespace", [None, "payments"])
def test_a_look_sees_that_nothing_is_installed(store: KubeSecretStore, namespace: str | None) -> None:
    seen = store.look(namespace)
    gaps = {name: part.gap for name, part in vars(seen).items() if getattr(part, "gap", None)}
    assert gaps == {}
    assert seen.syncs.get() == seen.akv_syncs.get() == seen.controllers.get() == seen.pods.get() == ()
    assert not {each for each in seen.definitions.get() if each.endswith("secret-sync.x-k8s.io")}
    assert seen.namespaces.get()["payments"] == "Active"
    assert (seen.secret("payments", "none").known, seen.secret("default", "none").known) == (bool(namespace), False)


def test_a_cluster_without_agents_takes_no_write(store: KubeSecretStore, shop: Shop) -> None:
    assert store.whose() is None and store.version() == shop.server.git_version
    standing = store.standing([ACCOUNT])[ACCOUNT].get()
    assert standing and standing.uid
    with pytest.raises(Rejected):
        store.delete(standing)
    assert store.standing([ACCOUNT])[ACCOUNT].get() == standing


def test_a_token_is_made_for_an_audience_and_the_shortest_time(store: KubeSecretStore) -> None:
    claims = store.claims("default", ACCOUNT.name, "api://AzureADTokenExchange")
    assert claims.subject == "system:serviceaccount:default:copier" and claims.issuer
    assert claims.audiences == ("api://AzureADTokenExchange",)
    assert claims.expires and claims.issued and (claims.expires - claims.issued).total_seconds() == 600
    with pytest.raises(Missing):
        store.claims("default", "nobody", "x")


def test_an_administrator_has_every_right(store: KubeSecretStore) -> None:
    rights = [KubeRight("create", "serviceaccounts/token", "", "default"), ACCOUNT.right("delete")]
    assert [each.get() for each in store.may(rights).values()] == [True, True]


def test_an_object_is_deleted_by_its_uid(store: KubeSecretStore, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_refuse_other_cluster", lambda: None)  # there are no agents that could say it
    standing = store.standing([ACCOUNT])[ACCOUNT].get()
    assert standing
    shop("DELETE", f"{ACCOUNT.path}/{ACCOUNT.name}")
    store.delete(standing)
    shop("POST", ACCOUNT.path, {"metadata": {"name": ACCOUNT.name}})
    with pytest.raises(Exception, match="UID"):
        store.delete(standing)
    again = store.standing([ACCOUNT])[ACCOUNT].get()
    assert again and again.uid != standing.uid
    store.delete(again)
    assert store.standing([ACCOUNT])[ACCOUNT].get() is None
