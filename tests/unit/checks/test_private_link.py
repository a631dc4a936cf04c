"""Each check of the private link on what a look at one of the start states has seen."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from azext_akskv.failures import Denied
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.private_endpoint import ENDPOINT_TYPE
from azext_akskv.model.snapshot import Wanted
from tests import link_worlds
from tests.builders import GROUP, SUBSCRIPTION, VAULT, vault_json
from tests.fakes import FakeWorld
from tests.link_worlds import ASKED, connection, seen
from tests.network_builders import (
    ENDPOINT,
    NODES,
    ZONE,
    ZONE_NAME,
    a_link,
    a_network,
    a_peering,
    a_record,
    a_zone,
    an_endpoint,
    network_id,
    subnet_id,
)
from tests.unit.checks.verdicts import findings, problem, state

SECOND = ResourceId(SUBSCRIPTION, GROUP, ENDPOINT_TYPE, ("second-pe",))
SECOND_INTERFACE = ResourceId(SUBSCRIPTION, GROUP, "Microsoft.Network/networkInterfaces", ("second.nic",))
ELSEWHERE = network_id("elsewhere")


def closed(*connections: object) -> dict:
    raw = vault_json(public="Disabled", default_action="Deny")
    raw["properties"]["privateEndpointConnections"] = list(connections)
    return raw


def two_endpoints(folder: Path) -> FakeWorld:
    """A second endpoint of the vault in a third network."""
    world = link_worlds.well(folder)
    world.vaults[VAULT] = closed(connection(), connection(SECOND, name="c2"))
    world.add(
        an_endpoint(SECOND, subnet_id(ELSEWHERE), interface=SECOND_INTERFACE), a_network(ELSEWHERE, ["10.2.0.0/16"])
    )
    world.interfaces[SECOND_INTERFACE] = ("10.2.0.4",)
    return world


def test_link_vault_missing(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    assert state("link-vault-missing", seen(world)) == "ok"
    found = problem("link-vault-missing", seen(world, Wanted("fix-privatelink", vault="kv9")))
    assert found.blocks and "kv9" in found.text and "keyvault list" in found.command
    assert problem("link-vault-missing", seen(world, Wanted("fix-privatelink"))).blocks  # the cluster has no KMS


def test_endpoint_missing(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    assert state("endpoint-missing", seen(world)) == "ok"
    named = problem("endpoint-missing", seen(world, dataclasses.replace(ASKED, private_endpoint="sql-pe")))
    assert named.blocks and "sql-pe is no private endpoint of kv1; it has: kv1-pe" in named.text
    world.vaults[VAULT] = closed()
    none = problem("endpoint-missing", seen(world))
    assert none.blocks and "--vnet-name nodes --subnet default" in none.command
    world.vaults[VAULT]["properties"] |= {"publicNetworkAccess": "Enabled", "networkAcls": {"defaultAction": "Allow"}}
    assert state("endpoint-missing", seen(world)) == "skipped"


def test_endpoint_missing_where_the_vault_has_deleted_its_side(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    world.endpoints[ENDPOINT] = dataclasses.replace(world.endpoints[ENDPOINT], status="Disconnected")
    assert world.calls["networks.endpoints_in"] == 0 and state("endpoint-missing", seen(world)) == "ok"
    world.vaults[VAULT] = closed()
    found = problem("endpoint-missing", seen(world))
    assert found.blocks and "does not know its private endpoint kv1-pe any more, which is Disconnected" in found.text
    gone, made = found.command.split(" && ")
    assert gone == f"az network private-endpoint delete --ids {ENDPOINT}"
    assert f"--name {ENDPOINT.name} --subnet {world.endpoints[ENDPOINT].subnet}" in made
    for other in (
        dataclasses.replace(world.endpoints[ENDPOINT], target=f"{VAULT}2"),
        dataclasses.replace(world.endpoints[ENDPOINT], status="Approved"),
    ):
        world.endpoints[ENDPOINT] = other
        assert "has no private endpoint" in problem("endpoint-missing", seen(world)).text
    world.faults["networks.endpoints_in"] = [Denied("list the endpoints", "AuthorizationFailed", "no")]
    assert "has no private endpoint" in problem("endpoint-missing", seen(world)).text


def test_endpoint_missing_leaves_aks_own_endpoints_alone(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    kms = ResourceId(SUBSCRIPTION, "MC_rg1_prod_westeurope", ENDPOINT_TYPE, ("kms-prod",))
    world.vaults[VAULT] = closed(connection(kms))
    assert problem("endpoint-missing", seen(world)).blocks


def test_endpoint_several(tmp_path: Path) -> None:
    world = two_endpoints(tmp_path)
    found = problem("endpoint-several", seen(world))
    assert found.blocks and not found.may_accept and "kv1-pe (in shared), second-pe (in elsewhere)" in found.text
    assert f"--private-endpoint {ENDPOINT}" in found.command
    assert state("endpoint-several", seen(world, dataclasses.replace(ASKED, private_endpoint="second-pe"))) == "ok"
    world.vaults[VAULT] = closed(connection(), connection(SECOND, "Disconnected", "c2"))
    assert state("endpoint-several", seen(world)) == "ok"


def test_endpoint_state(tmp_path: Path) -> None:
    world = link_worlds.pending(tmp_path)
    assert problem("endpoint-state", seen(world)).blocks
    assert problem("endpoint-state", seen(world, dataclasses.replace(ASKED, approve=True))).state.value == "warning"
    for status, verb in (("Rejected", "approve"), ("Disconnected", "delete")):
        world.vaults[VAULT] = closed(connection(status=status))
        found = problem("endpoint-state", seen(world, dataclasses.replace(ASKED, approve=True)))
        assert found.blocks and f"private-endpoint-connection {verb} --id" in found.command


def test_endpoint_unseen(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    assert state("endpoint-unseen", seen(world)) == "ok"
    world.hidden.add(ENDPOINT)
    [unseen] = findings("endpoint-unseen", seen(world))
    assert unseen.state.value == "unknown" and unseen.blocks and "privateEndpoints/read" in unseen.text
    world.hidden.clear()
    del world.endpoints[ENDPOINT]
    assert "is gone" in problem("endpoint-unseen", seen(world)).text


def test_nodes_unseen(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    assert state("nodes-unseen", seen(world)) == "ok"
    world.hidden.add(NODES)
    [unseen] = findings("nodes-unseen", seen(world))
    assert unseen.blocks and "virtualNetworks/read" in unseen.text
    world.hidden.clear()
    world.cluster = link_worlds.cluster_in(subnet_id(NODES, "gone"))
    assert "has no subnet gone" in problem("nodes-unseen", seen(world)).text
    world.cluster = link_worlds.cluster_in()
    assert problem("nodes-unseen", seen(world)).blocks


def test_zone_wrong_name(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    assert state("zone-wrong-name", seen(world)) == "ok"
    wrong = a_zone(dataclasses.replace(ZONE, names=("privatelink.vault.azure.net",)))
    world.add(wrong)
    found = problem("zone-wrong-name", seen(world))
    assert not found.blocks and ZONE_NAME in found.text


def test_zone_missing(tmp_path: Path) -> None:
    assert state("zone-missing", seen(link_worlds.well(tmp_path))) == "ok"
    world = link_worlds.nothing(tmp_path)
    found = problem("zone-missing", seen(world))
    assert found.blocks and "fix-privatelink" in found.command
    world.faults["zones.named"] = [Denied("list", "AuthorizationFailed", "no")]
    [unseen] = findings("zone-missing", seen(world))
    assert unseen.state.value == "unknown" and unseen.blocks


def test_record_wrong(tmp_path: Path) -> None:
    assert state("record-wrong", seen(link_worlds.well(tmp_path))) == "ok"
    world = link_worlds.stale_record(tmp_path)
    assert "says 10.99.0.4 for kv1" in problem("record-wrong", seen(world)).text
    world.records.clear()
    assert "has no record kv1" in problem("record-wrong", seen(world)).text


def test_record_contested(tmp_path: Path) -> None:
    assert state("record-contested", seen(link_worlds.well(tmp_path))) == "ok"
    world = two_endpoints(tmp_path)
    found = problem("record-contested", seen(world, dataclasses.replace(ASKED, private_endpoint="second-pe")))
    assert found.blocks and not found.may_accept and "kv1-pe (in shared)" in found.text
    assert f"--private-endpoint {ENDPOINT}" in found.command


def test_link_missing(tmp_path: Path) -> None:
    assert state("link-missing", seen(link_worlds.well(tmp_path))) == "ok"
    found = problem("link-missing", seen(link_worlds.without_link(tmp_path)))
    assert found.blocks and "nodes, where the nodes are" in found.text and "ForbiddenByConnection" in found.why


def test_dns_servers(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    assert state("dns-servers", seen(world)) == "ok"
    hub = network_id("hub")
    to_hub = a_peering(NODES, hub, remoteAddressSpace={"addressPrefixes": ["10.9.0.0/16"]})
    world.add(a_network(NODES, peerings=[a_peering(), to_hub], dns_servers=["10.9.0.4"]), a_network(hub))
    found = problem("dns-servers", seen(world))
    assert found.blocks and found.may_accept and "10.9.0.4, which is in hub" in found.text
    assert f"--virtual-network {hub}" in found.command and "forward vault.azure.net" in found.why
    world.add(a_link(hub))
    assert state("dns-servers", seen(world)) == "ok"
    world.add(a_network(NODES, peerings=[a_peering()], dns_servers=["192.168.1.1"]))
    assert "cannot be told from here" in problem("dns-servers", seen(world)).text
    world.add(a_network(NODES, peerings=[a_peering()], dns_servers=["10.0.0.9"]))  # a machine beside the nodes
    assert state("dns-servers", seen(world)) == "ok"
    world.add(a_network(NODES, peerings=[a_peering()], dns_servers=["168.63.129.16"]))
    assert state("dns-servers", seen(world)) == "ok"


def test_zone_shadows(tmp_path: Path) -> None:
    assert state("zone-shadows", seen(link_worlds.well(tmp_path))) == "skipped"
    world = link_worlds.without_link(tmp_path)
    assert state("zone-shadows", seen(world)) == "ok"
    other = dataclasses.replace(VAULT, names=("kv2",))
    raw = closed(connection(SECOND))
    raw["id"], raw["properties"]["vaultUri"] = str(other), "https://kv2.vault.azure.net/"
    world.vaults[other] = raw
    found = problem("zone-shadows", seen(world))
    assert not found.blocks and "the vault kv2" in found.text and "NxDomainRedirect" in found.command
    world.add(a_record("10.2.0.4", name="kv2"))
    assert state("zone-shadows", seen(world)) == "ok"


def test_repair_rights(tmp_path: Path) -> None:
    assert state("repair-rights", seen(link_worlds.well(tmp_path))) == "skipped"
    world = link_worlds.without_link(tmp_path)
    assert state("repair-rights", seen(world)) == "ok"
    world.around.permissions_at[str(ZONE).lower()] = ()
    found = problem("repair-rights", seen(world))
    assert not found.blocks and f"virtualNetworkLinks/write at {ZONE}" in found.text


def test_provider_grant(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    assert state("provider-grant", seen(world)) == "skipped"
    addon = {"enabled": True, "identity": {"objectId": "11111111-0000-4000-8000-000000000001"}}
    world.cluster["properties"]["addonProfiles"] = {"azureKeyvaultSecretsProvider": addon}  # type: ignore[index]  # it is there
    found = problem("provider-grant", seen(world))
    assert not found.blocks and "Key Vault Secrets User" in found.command
    policy = {"objectId": addon["identity"]["objectId"], "permissions": {"secrets": ["Get"]}}  # type: ignore[index]  # a dict
    world.vaults[VAULT]["properties"] |= {"enableRbacAuthorization": False}
    assert "set-policy" in problem("provider-grant", seen(world)).command
    world.vaults[VAULT]["properties"]["accessPolicies"] = [policy]
    assert state("provider-grant", seen(world)) == "ok"
