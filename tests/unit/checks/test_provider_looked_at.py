"""The checks of classes on what a look through the ports has seen: what is looked at is what they need."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from azext_akskv.checks.declare import PROVIDER, run_checks
from azext_akskv.failures import Denied
from azext_akskv.flows.drive import look
from azext_akskv.model.access import KEY_VAULT_CERTIFICATE_USER, KEY_VAULT_SECRETS_USER, Grant
from azext_akskv.model.finding import Finding
from azext_akskv.model.governance import Permission
from azext_akskv.model.scale_set import NodeIdentity
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.vault_object import ObjectType, VaultObject
from tests.builders import NOW, TENANT, VAULT, a_vault, cluster_json
from tests.class_views import ADDON_ID, CLIENT, FEDERATED, ISSUER, OBJECT, OTHER_CLIENT, OTHER_OBJECT, SHOP_ID, SHOPS
from tests.fake_mounts import seen_by
from tests.fake_provider import a_scale_set
from tests.fakes import FakeWorld
from tests.mount_builders import OBJECTS, Json, a_class, a_node, a_pod, a_volume, an_account

OF_CLASSES = ("class-", "vault-object")
PARAMETERS = {"keyvaultName": "kv1", "tenantID": TENANT, "objects": OBJECTS}
AS_NODE = {**PARAMETERS, "useVMManagedIdentity": "true", "userAssignedIdentityID": CLIENT}
AS_WORKLOAD = {**PARAMETERS, "clientID": OTHER_CLIENT}
TLS = VaultObject(ObjectType.CERT, "web-tls", enabled=True, version="b1", created=NOW)
DB_PASS = VaultObject(ObjectType.SECRET, "db-pass", enabled=True, version="a1", created=NOW)


def shop(folder: Path, **parameters: str) -> FakeWorld:
    """Two classes for one vault, one for each way to a token, and a pod that mounts both; all in order."""
    raw = cluster_json()
    profile = {"clientId": CLIENT, "objectId": OBJECT, "resourceId": str(ADDON_ID)}
    raw["properties"] |= {
        "addonProfiles": {"azureKeyvaultSecretsProvider": {"enabled": True, "config": None, "identity": profile}},
        "oidcIssuerProfile": {"enabled": True, "issuerURL": ISSUER},
    }
    raw["properties"]["securityProfile"] = {"workloadIdentity": {"enabled": True}}
    world = FakeWorld(folder, cluster=raw)
    pool = a_scale_set("pool1", "MC_rg1", NodeIdentity(ADDON_ID, CLIENT, OBJECT))
    world.scale_sets[pool.id] = pool
    world.hold(a_vault(), DB_PASS, TLS)
    world.identities[SHOP_ID] = SHOPS
    world.federations[SHOP_ID] = [FEDERATED]
    world.grants += [
        Grant(KEY_VAULT_CERTIFICATE_USER, str(VAULT), OBJECT),
        *(Grant(role, str(VAULT), OTHER_OBJECT) for role in (KEY_VAULT_SECRETS_USER, KEY_VAULT_CERTIFICATE_USER)),
    ]
    classes = [mounted("node", {**AS_NODE, **parameters}), mounted("workload", {**AS_WORKLOAD, **parameters})]
    account = an_account("web", "shop", OTHER_CLIENT)
    volumes = [{**a_volume(each), "name": each} for each in ("node", "workload")]
    world.seen = seen_by(
        nodes=[a_node()], classes=classes, pods=[a_pod("web-0", "shop", volumes=volumes)], accounts=[account]
    )
    return world


def mounted(name: str, parameters: Json) -> Json:
    return a_class(name, "shop", parameters=parameters)


def found(world: FakeWorld) -> list[Finding]:
    """What is not in order of classes."""
    findings = run_checks((PROVIDER,), look(Wanted("diagnose"), world.world(), (PROVIDER,)))
    ours = [each for each in findings if each.code.startswith(OF_CLASSES)]
    assert {each.category for each in ours} == {PROVIDER}
    return [each for each in ours if each.state.value != "ok"]


def codes(world: FakeWorld) -> dict[str, str]:
    return {each.code: each.state.value for each in found(world)}


def test_a_class_in_order_has_no_finding(tmp_path: Path) -> None:
    assert not found(shop(tmp_path))


def test_each_part_that_is_taken_away_is_found(tmp_path: Path) -> None:
    world = shop(tmp_path)
    [pool] = world.scale_sets.values()
    world.scale_sets[pool.id] = dataclasses.replace(pool, identities=())
    assert codes(world)["class-identity"] == "error"
    world = shop(tmp_path)
    world.federations[SHOP_ID] = []
    assert codes(world) == {"class-identity": "error"}
    del world.identities[SHOP_ID]
    assert codes(world) == {"class-identity": "unknown", "class-grant": "unknown"}
    world = shop(tmp_path)
    world.grants = [each for each in world.grants if each.principal_id != OBJECT]
    [refused] = found(world)
    assert (refused.code, refused.state.value) == ("class-grant", "error") and "shop/node" in refused.text
    world = shop(tmp_path)
    world.objects.clear()
    assert codes(world) == {"vault-object": "error"}
    world.vaults.clear()
    assert codes(world) == {"class-vault": "error"}
    assert codes(shop(tmp_path, tenantID="t-2")) == {"class-tenant": "error"}


def test_a_role_of_somebodys_own_counts_by_its_definition(tmp_path: Path) -> None:
    world, own = shop(tmp_path), "5c1d2a7e-0000-4000-8000-00000000dddd"
    world.grants = [Grant(own, str(VAULT), each) for each in (OBJECT, OTHER_OBJECT)]
    assert codes(world) == {"class-grant": "unknown"}
    world.definitions[own] = (Permission(("Microsoft.KeyVault/vaults/*/read",)),)
    assert {each.state.value for each in found(world)} == {"error"}
    world.definitions[own] = (Permission(("Microsoft.KeyVault/vaults/*",)),)
    assert not found(world)


def test_what_is_denied_is_unknown_and_never_well(tmp_path: Path) -> None:
    denied = Denied("read", "AuthorizationFailed", "no")
    for call, wanted in {
        "vaults.find": {"class-vault", "class-tenant", "vault-object", "class-network", "class-grant"},
        "scale_sets.of": {"class-identity"},
        "identities.federated": {"class-identity"},
        "roles.of": {"class-grant"},
        "objects.all": {"vault-object"},
    }.items():
        world = shop(tmp_path)
        world.faults[call] = [denied] * 9
        assert codes(world) == dict.fromkeys(wanted, "unknown"), call
