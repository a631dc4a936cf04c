"""The same cases on the emulated and on the real Kubernetes API: what cannot be read or written, and who says so."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from azext_akskv.engine.pace import Inline
from azext_akskv.failures import Unreadable
from azext_akskv.model.kube import SecretRef
from azext_akskv.observe.census import take_census
from emulator.worlds.cluster_access import AdmissionRule
from tests.apiserver.shop import HERE, KINDS, SECRETS, TABLE, Shop
from tests.unit.steps.secret_store import FakeReporter

GUARD = 'admission webhook "secrets.guard.example" denied the request: Secret {name} is managed by GitOps'


@pytest.fixture
def broken(shop: Shop) -> Iterator[str]:
    """The path of a secret that nothing decrypts; it is mended afterwards."""
    path = shop.some()
    key = "/registry/secrets/" + path.removeprefix("/api/v1/namespaces/").replace("/secrets/", "/")
    before = shop.stored()[key]
    shop.spoil(path)
    yield path
    shop.store(key, before)


def test_one_unreadable_value_fails_the_whole_list_and_is_named(shop: Shop, broken: str) -> None:
    answer = shop("GET", SECRETS, accept=TABLE, includeObject="None")
    assert (answer.status, answer.body["reason"]) == (500, "InternalError")
    namespace, name = broken.split("/")[4], broken.rpartition("/")[2]
    assert answer.body["message"] == (
        f'Internal error occurred: unable to transform key "/registry/secrets/{namespace}/{name}": '
        "no matching prefix found"
    )


def test_it_can_be_neither_read_nor_patched_nor_deleted(shop: Shop, broken: str) -> None:
    answers = [shop("GET", broken), shop("PATCH", broken, {}), shop("DELETE", broken)]
    assert [answer.status for answer in answers] == [500, 500, 500]
    assert answers[0].body["message"] == "Internal error occurred: no matching prefix found"


def test_pages_before_it_and_a_token_behind_it_work(shop: Shop, broken: str) -> None:
    namespace, name = broken.split("/")[4], broken.rpartition("/")[2]
    whole = f"/api/v1/namespaces/{namespace}/secrets"
    assert shop("GET", whole, limit="5").status == 500
    behind = {"v": "meta.k8s.io/v1", "rv": -1, "start": f"{name}\0"}
    token = base64.urlsafe_b64encode(json.dumps(behind).encode()).decode().rstrip("=")
    assert shop("GET", whole, limit="5", **{"continue": token}).body["items"]
    others = shop("GET", HERE, limit="500")
    assert others.status == 200 and others.body["items"]


@pytest.mark.usefixtures("through_proxy")
def test_our_census_and_our_touch_name_it(shop: Shop, broken: str) -> None:
    secret = SecretRef(broken.split("/")[4], broken.rpartition("/")[2])
    census = take_census(shop.ours(), FakeReporter(), Inline(), 1)
    assert census.unreadable == (secret,) and census.count == len(shop.stored()) - 1
    with pytest.raises(Unreadable) as caught:
        shop.ours().touch(secret)
    assert caught.value.secret == str(secret)


def test_a_restart_with_it_never_gets_ready(shop: Shop, broken: str) -> None:
    assert shop("GET", "/readyz").status == 200
    shop.restart()
    assert not shop.server.synced
    readyz = shop("GET", "/readyz", verbose="")
    assert readyz.status == 500 and "[-]informer-sync failed: reason withheld\n" in readyz.body
    assert shop("GET", broken).status == 500


def test_a_restart_without_it_gets_ready(shop: Shop) -> None:
    shop.restart()
    assert shop.server.synced and shop("GET", "/readyz").status == 200


def test_under_an_expired_key_it_reads_and_does_not_write(shop: Shop) -> None:
    version = shop.key()
    now = shop.emulation.world.clock.now().timestamp()
    shop.inside(lambda: version.change({"attributes": {"exp": int(now) - 10}}, int(now)))
    assert statuses(shop, "one") == {"read": 200, "secret": 500, "configmap": 201}
    refused = shop.create("other")
    assert refused.body["reason"] == "InternalError"
    assert "rpc error: code = Unknown desc = failed to encrypt" in refused.body["message"]
    assert 'InnerError={"code":"KeyExpired"}' in refused.body["message"]
    shop.restart()
    assert shop.server.synced
    assert statuses(shop, "two") == {"read": 200, "secret": 500, "configmap": 201}
    assert (shop("GET", "/livez").status, shop("GET", "/livez/kms-provider-0").status) == (500, 500)
    shop.inside(lambda: version.change({"attributes": {"exp": int(now) + 86400}}, int(now)))
    shop.restart()
    assert statuses(shop, "three") == {"read": 200, "secret": 201, "configmap": 201}


def statuses(shop: Shop, name: str) -> dict[str, int]:
    """What the API server can do just now."""
    config_map = {"metadata": {"name": f"map-{name}"}, "data": {"a": "b"}}
    return {
        "read": shop("GET", SECRETS).status,
        "secret": shop.create(name, data={"a": "Yg=="}).status,
        "configmap": shop("POST", HERE.replace("secrets", "configmaps"), config_map).status,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_webhook_refuses_also_what_would_change_nothing(kind: str) -> None:
    rules = (AdmissionRule(GUARD, namespaces=("payments",)),)
    with Shop(kind, "demo", admission=rules) as shop:
        path = shop.some()
        for refused in (shop("PATCH", path, {}), shop("PATCH", path, {}, dryRun="All")):
            assert (refused.status, refused.body["reason"]) == (403, "Forbidden")
            assert refused.body["message"] == GUARD.format(name=path.rpartition("/")[2])
        assert shop("DELETE", path).status == 200
        assert shop.create("inside", "payments").status == 201
        shop.create("mine")
        assert shop("PATCH", f"{HERE}/mine", {}).status == 200
