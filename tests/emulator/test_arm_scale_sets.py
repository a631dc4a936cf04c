"""Scale sets, one a node pool, and the identities on them: AKS's own, the secrets provider's, and people's."""

from __future__ import annotations

from typing import Any

from emulator.worlds.secrets_provider import SecretsProvider
from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Secrets
from tests.emulator.arm_client import CLUSTER, IDENTITY, SUB, Arm, code_of, message_of
from tests.emulator.conftest import Running, StockAz

NODE_GROUP = f"{SUB}/resourceGroups/MC_shop-rg_shop_westeurope"
SCALE_SETS = f"{NODE_GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets"
POOL = f"{SCALE_SETS}/aks-nodepool1-31337000-vmss"
VERSION = "?api-version=2024-11-01"
ADDON = "azurekeyvaultsecretsprovider-shop"
FEW = Secrets(count=0)


def client(**cluster: Any) -> Arm:
    return Arm(clusters=(Cluster(secrets=FEW, **cluster),))


def names(arm: Arm, url: str = POOL) -> list[str]:
    """The identities on a scale set."""
    identity = arm("GET", url + VERSION).body.get("identity") or {}
    return [one.rpartition("/")[2] for one in identity.get("userAssignedIdentities") or {}]


def put_addon(arm: Arm, enabled: bool, **config: str) -> dict[str, Any]:
    """The add-on on or off, to the end of the operation; the cluster then."""
    body = arm("GET", CLUSTER).body
    profile = {"enabled": enabled, "config": config or None}
    body["properties"]["addonProfiles"] = {"azureKeyvaultSecretsProvider": profile}
    answer = arm("PUT", CLUSTER, body)
    assert answer.status == 200, answer.body
    assert arm.finish(answer)["status"] == "Succeeded"
    found: dict[str, Any] = arm("GET", CLUSTER).body
    return found


def test_each_pool_has_a_scale_set_with_the_kubelets_identity() -> None:
    arm = client(pools=("nodepool1", "apps"))
    listed = arm("GET", SCALE_SETS + VERSION).body["value"]
    assert [one["name"] for one in listed] == ["aks-nodepool1-31337000-vmss", "aks-apps-31337000-vmss"]
    nodes = [node.name for node in arm.world.nodes_of(CLUSTER)]
    assert [name.rpartition("0")[0][: -len("00000")] for name in nodes[::2]] == [one["name"] for one in listed]
    assert [one["sku"]["capacity"] for one in listed] == [2, 2] and len(nodes) == 4
    assert listed[0]["tags"] == {"aks-managed-poolName": "nodepool1"}
    assert names(arm) == ["shop-agentpool"]
    ids = arm("GET", POOL + VERSION).body["identity"]
    kubelet = arm("GET", CLUSTER).body["properties"]["identityProfile"]["kubeletidentity"]
    assert ids["type"] == "UserAssigned"
    assert list(ids["userAssignedIdentities"].values()) == [
        {"clientId": kubelet["clientId"], "principalId": kubelet["objectId"]}
    ]
    assert len(arm("GET", f"{SUB}/providers/Microsoft.Compute/virtualMachineScaleSets{VERSION}").body["value"]) == 2


def test_a_scale_set_that_is_not_there_is_not_found_and_nobody_makes_one() -> None:
    arm = client()
    assert code_of(arm("GET", f"{SCALE_SETS}/none{VERSION}")) == (404, "ResourceNotFound")
    assert arm("PUT", f"{SCALE_SETS}/none{VERSION}", {"location": "westeurope"}).status == 400
    assert arm("DELETE", f"{SCALE_SETS}/none{VERSION}").status == 204
    assert code_of(arm("POST", f"{SCALE_SETS}/none/manualupgrade{VERSION}")) == (404, "ResourceNotFound")


def test_enabling_makes_the_identity_and_gives_it_to_every_scale_set() -> None:
    arm = client(pools=("nodepool1", "apps"))
    assert "addonProfiles" not in arm("GET", CLUSTER).body["properties"]
    profile = put_addon(arm, True, enableSecretRotation="true", rotationPollInterval="5m")["properties"][
        "addonProfiles"
    ]
    addon = profile["azureKeyvaultSecretsProvider"]
    assert addon["config"] == {"enableSecretRotation": "true", "rotationPollInterval": "5m"}
    identity = arm("GET", addon["identity"]["resourceId"]).body
    assert identity["name"] == ADDON and "MC_shop-rg_shop_westeurope" in identity["id"]
    assert addon["identity"]["clientId"] == identity["properties"]["clientId"]
    assert addon["identity"]["objectId"] == identity["properties"]["principalId"]
    pools = (POOL, f"{SCALE_SETS}/aks-apps-31337000-vmss")
    assert [names(arm, url) for url in pools] == [["shop-agentpool", ADDON]] * 2


def test_the_answer_to_the_put_has_no_identity_yet() -> None:
    arm = client()
    body = arm("GET", CLUSTER).body
    body["properties"]["addonProfiles"] = {"azureKeyvaultSecretsProvider": {"enabled": True, "config": None}}
    answered = arm("PUT", CLUSTER, body).body["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]
    assert answered == {"enabled": True, "config": None}
    assert names(arm) == ["shop-agentpool"]


def test_disabling_takes_the_identity_away_and_enabling_again_makes_another() -> None:
    arm = client(secrets_provider=SecretsProvider())
    before = arm("GET", CLUSTER).body["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]["identity"]
    assert before["objectId"] == arm.world.ids.principal(ADDON)
    addons = put_addon(arm, False)["properties"]["addonProfiles"]
    assert addons == {"azureKeyvaultSecretsProvider": {"enabled": False, "config": None}}
    assert names(arm) == ["shop-agentpool"]
    assert code_of(arm("GET", before["resourceId"])) == (404, "ResourceNotFound")
    again = put_addon(arm, True)["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]["identity"]
    assert again["resourceId"] == before["resourceId"] and again["objectId"] != before["objectId"]


def test_the_addon_stays_while_a_secret_provider_class_is_there() -> None:
    arm = client(secrets_provider=SecretsProvider())
    server = arm.world.kubernetes.server(CLUSTER)
    server.registry.storage.put("/registry/secretproviderclasses/default/app", b"{}")  # type: ignore[attr-defined] # the emulated one's
    body = arm("GET", CLUSTER).body
    body["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"] = {"enabled": False}
    answer = arm("PUT", CLUSTER, body)
    assert code_of(answer) == (400, "BadRequest")
    assert message_of(answer) == (
        "AzureKeyvaultSecretsProvider addon cannot be disabled due to more than 0 Secret Provider Classes"
    )
    server.registry.storage.delete("/registry/secretproviderclasses/default/app")  # type: ignore[attr-defined] # as above
    assert arm("PUT", CLUSTER, body).status == 200


def test_a_new_pool_has_aks_identities_and_nobody_elses() -> None:
    arm = client(secrets_provider=SecretsProvider(), node_identities=(("nodepool1", "shop-id"),))
    assert names(arm) == ["shop-agentpool", ADDON, "shop-id"]
    body = arm("GET", CLUSTER).body
    body["properties"]["agentPoolProfiles"] += [
        {"name": "apps", "mode": "User", "type": "VirtualMachineScaleSets"},
        {"name": "win", "mode": "User", "type": "VirtualMachineScaleSets", "osType": "Windows"},
        {"name": "vms", "mode": "User", "type": "VirtualMachines"},
    ]
    assert arm.finish(arm("PUT", CLUSTER, body))["status"] == "Succeeded"
    assert names(arm, f"{SCALE_SETS}/aks-apps-31337000-vmss") == ["shop-agentpool", ADDON]
    assert names(arm, f"{SCALE_SETS}/akswin") == ["shop-agentpool", ADDON]
    assert len(arm("GET", SCALE_SETS + VERSION).body["value"]) == 3
    body["properties"]["agentPoolProfiles"] = body["properties"]["agentPoolProfiles"][:1]
    assert arm.finish(arm("PUT", CLUSTER, body))["status"] == "Succeeded"
    assert len(arm("GET", SCALE_SETS + VERSION).body["value"]) == 1


def test_a_world_may_begin_with_a_pool_that_lost_the_addons_identity() -> None:
    arm = client(secrets_provider=SecretsProvider(lost_by=("apps",)), pools=("nodepool1", "apps"))
    assert names(arm) == ["shop-agentpool", ADDON]
    assert names(arm, f"{SCALE_SETS}/aks-apps-31337000-vmss") == ["shop-agentpool"]


def test_a_patch_adds_and_removes_the_identities_that_it_names() -> None:
    arm = client()
    url = POOL + VERSION
    asked = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}}
    assert arm("PATCH", url, asked).status == 200
    assert names(arm) == ["shop-agentpool", "shop-id"]
    asked["identity"] = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {IDENTITY: None}}
    assert arm("PATCH", url, asked).body["identity"]["principalId"]
    assert names(arm) == ["shop-agentpool"]
    assert "identity" not in arm("PATCH", url, {"identity": {"type": "None"}}).body
    assert arm("PATCH", url, {"tags": {"a": "b"}}).body["tags"] == {"a": "b"}


def test_a_put_says_which_identities_stay() -> None:
    arm = client(node_identities=(("nodepool1", "shop-id"),))
    body = arm("GET", POOL + VERSION).body
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    assert arm("PUT", POOL + VERSION, body).status == 200
    assert names(arm) == ["shop-id"]


def test_an_identity_is_given_by_who_may_assign_it_and_when_it_is_there() -> None:
    grants = (*OPERATOR_GRANTS, Grant("helper", "Network Contributor", "subscription"))
    arm = Arm(clusters=(Cluster(secrets=FEW),), grants=grants)
    asked = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITY}-none": {}}}}
    assert code_of(arm("PATCH", POOL + VERSION, asked)) == (400, "FailedIdentityOperation")
    arm.grant("writer", "Contributor", NODE_GROUP)
    arm.principal = "writer"
    asked["identity"]["userAssignedIdentities"] = {IDENTITY: {}}  # type: ignore[index] # the value is a dict
    answer = arm("PATCH", POOL + VERSION, asked)
    assert code_of(answer) == (403, "LinkedAuthorizationFailed")
    assert "Microsoft.Compute/virtualMachineScaleSets/write" in message_of(answer)
    arm.principal = "helper"
    assert code_of(arm("PATCH", POOL + VERSION, asked)) == (403, "AuthorizationFailed")


def test_a_locked_down_node_group_keeps_its_identities() -> None:
    arm = client(locked_down=True)
    asked = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}}
    assert arm("GET", POOL + VERSION).status == 200
    assert code_of(arm("PATCH", POOL + VERSION, asked)) == (403, "DenyAssignmentAuthorizationFailed")


def test_scale_sets_go_with_the_cluster() -> None:
    arm = client()
    arm.finish(arm("DELETE", CLUSTER))
    assert not list(arm.world.resources.under("/", "Microsoft.Compute/virtualMachineScaleSets"))


def test_az_enables_updates_shows_and_disables_the_addon(running: Running, az: StockAz) -> None:
    emulation = running("public-rbac", clusters=(Cluster(secrets=FEW),))
    cluster, named = ("-g", "shop-rg", "-n", "shop"), ("-a", "azure-keyvault-secrets-provider")

    def run(verb: str, *arguments: str) -> Any:
        done = az(emulation, "aks", verb, *cluster, *arguments, "-o", "json", "--only-show-errors")
        assert done.code == 0, done.output
        return (done.json.get("addonProfiles") or {}).get("azureKeyvaultSecretsProvider")

    assert run("show") is None
    enabled = run("enable-addons", *named)
    assert enabled["config"] == {"enableSecretRotation": "false", "rotationPollInterval": "2m"}
    assert enabled["identity"]["resourceId"].endswith(ADDON)
    run("update", "--enable-secret-rotation", "--rotation-poll-interval", "5m")
    assert run("show") == {**enabled, "config": {"enableSecretRotation": "true", "rotationPollInterval": "5m"}}
    run("update", "--disable-secret-rotation")
    assert run("show")["config"]["enableSecretRotation"] == "false"
    assert run("disable-addons", *named) == {"enabled": False, "config": None, "identity": None}


def test_az_lists_scale_sets_and_assigns_shows_and_removes_identities(running: Running, az: StockAz) -> None:
    emulation = running("public-rbac", clusters=(Cluster(secrets=FEW),))
    group = ("-g", "MC_shop-rg_shop_westeurope")

    def run(*arguments: str) -> Any:
        done = az(emulation, "vmss", *arguments, "-o", "json", "--only-show-errors")
        assert done.code == 0, done.output
        return done.json if done.output.strip() else None

    assert [one["name"] for one in run("list", *group)] == ["aks-nodepool1-31337000-vmss"]
    own = (*group, "-n", "aks-nodepool1-31337000-vmss")
    run("identity", "assign", *own, "--identities", IDENTITY)
    shown = run("identity", "show", *own)["userAssignedIdentities"]
    assert [one.rpartition("/")[2] for one in shown] == ["shop-agentpool", "shop-id"]
    run("identity", "remove", *own, "--identities", IDENTITY)
    assert list(run("identity", "show", *own)["userAssignedIdentities"]) == list(shown)[:1]
    assert run("show", *own, "--query", "identity")["type"] == "UserAssigned"
    run("update-instances", *own, "--instance-ids", "*")
