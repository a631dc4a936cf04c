"""The worlds of the secrets provider: in each the state alone makes the failure that it is about."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core.clock import Clock
from emulator.world import EmulatedWorld
from emulator.worlds import catalogue
from emulator.worlds.shop_secrets import pod, provider_class
from tests.emulator.data_planes import START
from tests.emulator.secrets_client import FakeAzure, Store, api_of, items

NO_DRIVER = "driver name secrets-store.csi.k8s.io not found in the list of registered CSI drivers"
TEXTS = {
    "sp-identity-not-found": '"error_description": "Identity not found"',
    "sp-multiple-identities": "Multiple user assigned identities exist",
    "sp-forbidden-rbac": '"code": "ForbiddenByRbac"',
    "sp-forbidden-policy": "does not have secrets get permission on key vault 'shop-kv;location=westeurope'",
    "sp-forbidden-firewall": '"code": "ForbiddenByFirewall"',
    "sp-forbidden-connection": '"code": "ForbiddenByConnection"',
    "sp-driver-tainted": NO_DRIVER,
    "sp-driver-windows": NO_DRIVER,
    "sp-provider-unreachable": "azure.sock: connect: connection refused",
    "sp-spc-not-found": "failed to get secretproviderclass default/shop-kv, error: SecretProviderClass.secrets-store",
    "sp-tenant-mismatch": "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/c0ffee00",
    "sp-object-not-found": "objectName:db-pas, objectVersion:: GET https://shop-kv.vault.emulator.test/secrets/db-pas/",
    "sp-spc-parameter-missing": "tenantId is not set",
    "sp-spc-objects-yaml": "failed to yaml unmarshal objects, error: yaml: line 3: mapping values are not allowed",
    "sp-spc-identity-modes": "only one identity mode can be enabled at a time",
    "sp-client-without-fic": "AADSTS70025: ",
    "sp-dns-nxdomain": "dial tcp: lookup shop-kw.vault.emulator.test on 168.63.129.16:53: no such host",
    "sp-egress-blocked": "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
    "sp-nmi-absent": "dial tcp 127.0.0.1:2579: connect: connection refused",
    "sp-volume-not-readonly": "Readonly is not true in request",
    "sp-publish-secret-missing": 'secrets "shop-creds" not found',
    "sp-object-disabled": '"code": "SecretDisabled"',
    "sp-wrong-object-type": '"code": "CertificateNotFound"',
    "sp-throttled": "VaultRequestTypeLimitReached",
    "sp-fic-subject": "AADSTS700213: ",
    "sp-fic-issuer": "AADSTS700211: ",
    "sp-identity-lost": '"error_description": "Identity not found"',
    "sp-wi-token-missing": "service account tokens not found",
}
RUNNING = {
    "sp-good": "Running",
    "sp-rotation-off": "Running",
    "sp-sync-forbidden": "Pending",
    "sp-sync-object-mismatch": "Pending",
}


def begun(name: str) -> Store:
    world = EmulatedWorld(catalogue.load(name), Clock(START, 0.0))
    return Store(api_of(world), FakeAzure())


def web_of(store: Store) -> dict[str, Any]:
    found = store.pod()
    store.api.world.inside.stop()
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_each_world_fails_for_its_own_reason_and_has_done_so_for_a_while(name: str) -> None:
    store = begun(name)
    pod = web_of(store)
    assert pod["status"]["phase"] == "Pending" and pod["spec"]["nodeName"]
    assert pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ContainerCreating"
    told = [one for one in store.events() if TEXTS[name] in one["message"]]
    assert told, [one["message"] for one in store.events()]
    assert min(one["firstTimestamp"] for one in told) < "2026-03-01T11:45:00Z"
    assert max(one["lastTimestamp"] for one in told) > "2026-03-01T11:55:00Z"
    assert sum(one["count"] for one in told) >= 4


@pytest.mark.parametrize("name", RUNNING)
def test_in_some_worlds_the_volume_is_mounted(name: str) -> None:
    store = begun(name)
    assert web_of(store)["status"]["phase"] == RUNNING[name]
    statuses = items(store.api, "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasspodstatuses")
    assert [one["status"]["mounted"] for one in statuses] == [True] and store.events() == []


def test_in_two_of_them_the_pod_waits_for_its_secret() -> None:
    forbidden, mismatch = begun("sp-sync-forbidden"), begun("sp-sync-object-mismatch")
    for store in (forbidden, mismatch):
        state = web_of(store)["status"]["containerStatuses"][0]["state"]["waiting"]
        assert state["reason"] == "CreateContainerConfigError"
    assert "secrets is forbidden" in forbidden.errors("driver")[0]
    assert (
        "file matching objectName db-pass not found in the pod" in mismatch.events("FailedToCreateSecret")[0]["message"]
    )


def test_in_one_of_them_the_mounted_version_is_not_the_newest() -> None:
    store = begun("sp-rotation-off")
    web_of(store)
    [status] = items(store.api, "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasspodstatuses")
    versions = store.api.world.keyvault.secrets.shelf.get("shop-kv.vault.emulator.test", "db-pass").versions
    assert [one["version"] for one in status["status"]["objects"]] == [versions[0].version] and len(versions) == 2
    enabled = store.api.server.properties["addonProfiles"]["azureKeyvaultSecretsProvider"]
    enabled["config"] = {"enableSecretRotation": "true", "rotationPollInterval": "1m"}
    store.pod()
    store.api.world.clock.advance(61)
    [status] = items(store.api, "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasspodstatuses")
    assert status["status"]["objects"][0]["version"] == versions[1].version
    assert store.events("MountRotationComplete")


def test_a_blocked_way_out_is_told_by_the_providers_log() -> None:
    store = begun("sp-egress-blocked")
    store.pod()
    assert ":443: i/o timeout" in store.errors("provider")[0]


def test_the_story_begins_with_an_empty_cluster() -> None:
    store = begun("sp-none")
    assert store.api("GET", "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses").status == 404
    assert items(store.api, "/apis/apps/v1/daemonsets") == []


def test_in_another_everything_is_ready_and_nothing_mounts_yet() -> None:
    store = begun("sp-ready")
    classes = "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/default/secretproviderclasses"
    assert items(store.api, classes) == []
    for path, body in ((classes, provider_class("sp-ready")), ("/api/v1/namespaces/default/pods", pod())):
        assert store.api("POST", path, body).status == 201
    store.api.world.clock.advance(5)
    assert web_of(store)["status"]["phase"] == "Running" and store.events() == []


def test_every_world_of_the_provider_is_looked_at() -> None:
    assert {one for one in catalogue.names() if one.startswith("sp-")} == {*TEXTS, *RUNNING, "sp-none", "sp-ready"}
