"""What a world may begin with: keys that were good at first, clusters in every state, somebody else at work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emulator.worlds import catalogue
from emulator.worlds.spec import OTHER_SUBSCRIPTION, OTHER_TENANT, Cluster, Key, Secrets, Vault
from emulator.worlds.visits import Visit
from tests.emulator.arm_client import CLUSTER, Arm, code_of
from tests.emulator.conftest import Running
from tests.emulator.data_planes import SECRETS, Api, entra_headers

ASIDE = f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/shop-rg/providers/Microsoft.KeyVault/vaults/aside-kv"


def api_of(running: Running, world: str) -> Api:
    """The API server of a world as its administrator sees it."""
    spec = catalogue.load(world)
    few = [replace(each, secrets=replace(each.secrets, count=6)) for each in spec.clusters]
    emulated = running(world, clusters=tuple(few)).world
    (server,) = emulated.kubernetes._servers.values()
    local = {"authorization": f"Bearer {server.static_token}"}
    return Api(emulated, server, entra_headers(emulated) if server.entra else local)


def a_secret(api: Api) -> str:
    return path_of(api("GET", SECRETS).body["items"][0])


def path_of(secret: dict[str, Any]) -> str:
    return f"/api/v1/namespaces/{secret['metadata']['namespace']}/secrets/{secret['metadata']['name']}"


def test_a_key_that_expired_while_the_api_servers_run_lets_them_read_and_not_write(running: Running) -> None:
    api = api_of(running, "writes-fail")
    path = a_secret(api)
    changed = api.patch(path, {"metadata": {"labels": {"a": "b"}}})
    assert changed.status == 500 and "expired" in changed.body["message"]
    assert (api("GET", path).status, api("GET", "/livez").status) == (200, 500)


def test_a_key_that_was_disabled_before_a_restart_leaves_the_api_server_unready(running: Running) -> None:
    api = api_of(running, "server-down")
    assert (api("GET", "/readyz").status, api("GET", SECRETS).status) == (500, 500)


def test_a_world_may_begin_with_a_lost_value_which_is_no_violation(running: Running) -> None:
    api = api_of(running, "unreadable-value")
    assert api("GET", SECRETS).status == 500 and api("GET", "/readyz").status == 200
    assert list(api.world.kubernetes.unreadable()) == ["shop/secrets/payments/api-0-pull"]


@pytest.mark.parametrize(
    ("key", "attributes"),
    [
        (Key(expires_in_days=-1), {"enabled": True, "exp": -86400}),
        (Key(valid_in_days=1), {"enabled": True, "nbf": 86400}),
        (Key(enabled=False), {"enabled": False}),
    ],
)
def test_a_key_has_the_attributes_of_the_worlds_data(key: Key, attributes: dict[str, int]) -> None:
    client = Arm(vaults=(Vault(keys=(key,)),))
    found = client.world.keyvault.key("shop-kv.vault.emulator.test", "etcd").versions[0]
    now = client.world.clock.now().timestamp()
    assert found.enabled is attributes["enabled"]
    assert [round(each - now) if each else None for each in (found.exp, found.nbf)] == pytest.approx(
        [attributes.get("exp"), attributes.get("nbf")], abs=2
    )


def test_a_world_may_begin_with_an_elliptic_and_with_a_deleted_key() -> None:
    keys = Arm(vaults=(Vault(keys=(Key("curve", kind="EC"), Key("gone", deleted=True))),)).world.keyvault
    assert [key.versions[0].kty for key in keys.living("shop-kv.vault.emulator.test")] == ["EC"]
    assert [key.name for key in keys.deleted("shop-kv.vault.emulator.test")] == ["gone"]


def test_a_world_may_begin_with_a_vault_that_is_soft_deleted_or_of_another_tenant() -> None:
    client = Arm(vaults=(Vault(deleted=True), Vault("foreign-kv", tenant=OTHER_TENANT, keys=())))
    vaults = client("GET", f"{CLUSTER.partition('/providers/')[0]}/providers/Microsoft.KeyVault/vaults").body["value"]
    assert [(one["name"], one["properties"]["tenantId"]) for one in vaults] == [("foreign-kv", OTHER_TENANT)]


def test_a_vault_may_lie_in_another_subscription_that_the_caller_sees() -> None:
    client = Arm(vaults=(Vault("aside-kv", subscription=OTHER_SUBSCRIPTION),))
    assert code_of(client("GET", ASIDE)) == (403, "AuthorizationFailed")
    assert code_of(Arm()("GET", ASIDE)) == (404, "SubscriptionNotFound")
    assert client.world.spec.subscriptions[1:] == (OTHER_SUBSCRIPTION,)


def test_a_cluster_may_begin_stopped_failed_updating_tagged() -> None:
    cluster = Cluster(secrets=Secrets(count=1), tags=(("team", "shop"),))
    stopped = Arm(clusters=(replace(cluster, power="Stopped"),))("GET", CLUSTER).body
    assert stopped["properties"]["powerState"] == {"code": "Stopped"} and stopped["tags"] == {"team": "shop"}
    failed = Arm(clusters=(replace(cluster, state="Failed"),))("GET", CLUSTER).body
    assert failed["properties"]["provisioningState"] == "Failed"
    client = Arm(clusters=(replace(cluster, state="Updating"),))
    body = client("GET", CLUSTER).body
    assert body["properties"]["provisioningState"] == "Updating"
    assert code_of(client("PUT", CLUSTER, body)) == (409, "OperationNotAllowed")
    client.world.clock.advance(601)
    assert client("GET", CLUSTER).body["properties"]["provisioningState"] == "Succeeded"


def test_the_new_experience_shows_its_profile_and_a_key_without_a_version(running: Running) -> None:
    world = running("modern-customer").world
    [cluster] = world.resources.under("", "Microsoft.ContainerService/managedClusters")
    security = cluster.body["properties"]["securityProfile"]
    assert security["kubernetesResourceObjectEncryptionProfile"] == {"infrastructureEncryption": "Enabled"}
    assert security["azureKeyVaultKms"]["keyId"] == "https://shop-kv.vault.emulator.test/keys/etcd"


def test_an_automatic_cluster_says_so_and_guards_kube_system(running: Running) -> None:
    api = api_of(running, "automatic")
    [cluster] = api.world.resources.under("", "Microsoft.ContainerService/managedClusters")
    assert cluster.body["sku"] == {"name": "Automatic", "tier": "Standard"}
    secrets = api("GET", SECRETS).body["items"]
    answers = {one["metadata"]["namespace"]: api.patch(path_of(one), {}).status for one in secrets}
    assert answers.pop("kube-system") == 403 and set(answers.values()) == {200}


def test_somebody_else_is_faster_than_a_request() -> None:
    client = Arm("second-operator")
    body = client("GET", CLUSTER).body
    refused = client("PUT", CLUSTER, body, if_match=body["eTag"])
    assert code_of(refused) == (412, "PreconditionFailed")
    assert client("GET", CLUSTER).body["tags"] == {"cost-centre": "1201"}


def test_somebody_else_may_begin_an_update() -> None:
    client = Arm("second-operator", visits=(Visit("update", method="GET", nth=2),))
    states = [client("GET", CLUSTER).body["properties"]["provisioningState"] for _ in range(3)]
    assert states == ["Succeeded", "Updating", "Updating"]


def test_a_cluster_may_carry_the_tags_of_the_extension() -> None:
    noted, plain = Arm("kms-noted")("GET", CLUSTER).body, Arm("kms-on")("GET", CLUSTER).body
    key = noted["properties"]["securityProfile"]["azureKeyVaultKms"]["keyId"]
    assert noted["tags"]["akskv-kms-1"].split()[1:] == ["1", "done", key[8:].replace("/keys/", "/")]
    assert len(noted["tags"]["akskv-ledger"]) == 16 and not plain.get("tags")
