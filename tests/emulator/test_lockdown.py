"""A node resource group that can be read and not changed."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core.http import Answer
from emulator.worlds.network import Network, Subnet
from emulator.worlds.spec import Cluster, Grant, Secrets
from tests.emulator.arm_client import CLUSTER, GROUP, SUB, Arm, code_of, message_of
from tests.emulator.network_client import NETWORK, ask, network_body, pair, peering_body, states

NODE_GROUP = f"{SUB}/resourceGroups/MC_shop-rg_shop_westeurope"
MANAGED = f"{NODE_GROUP}/providers/Microsoft.Network/virtualNetworks/aks-vnet-31337000"
OTHER = f"{NETWORK}/virtualNetworks/other"
NETS = (Network("other", ("10.1.0.0/16",), (Subnet("default", "10.1.0.0/24"),)),)
THERE = f"{MANAGED}/virtualNetworkPeerings/there"
BACK = f"{OTHER}/virtualNetworkPeerings/back"


def a_cluster(*, locked_down: bool = True, **more: Any) -> Arm:
    cluster = Cluster(locked_down=locked_down, secrets=Secrets(count=0))
    return Arm(networks=NETS, clusters=(cluster,), **more)


def denials(client: Arm, scope: str) -> list[Any]:
    found: list[Any] = client("GET", f"{scope}/providers/Microsoft.Authorization/denyAssignments").body["value"]
    return found


def refused(answer: Answer) -> str:
    assert code_of(answer) == (403, "DenyAssignmentAuthorizationFailed")
    return message_of(answer)


def test_nobody_changes_anything_in_a_locked_node_resource_group() -> None:
    client = a_cluster()
    [denial] = denials(client, NODE_GROUP)
    name = denial["properties"]["denyAssignmentName"]
    assert name.endswith(
        "node resource group deny assignment created by Azure Kubernetes Services for nrg-lockdown, see: "
        "https://aka.ms/aks/nrg_lockdown"
    )
    ops = client.world.ids.principal("ops")
    assert f"with object id '{ops}' has permission to perform action " in refused(
        ask(client, "PUT", THERE, peering_body(OTHER))
    )
    assert refused(ask(client, "PUT", THERE, peering_body(OTHER))).endswith(
        f"'Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write' on scope '{THERE}'; however, the access is "
        f"denied because of the deny assignment with name '{name}' and Id '{denial['name']}' at scope '{NODE_GROUP}'."
    )
    refused(ask(client, "DELETE", MANAGED))
    refused(ask(client, "PUT", f"{MANAGED}2", network_body()))
    refused(client("DELETE", NODE_GROUP))
    assert ask(client, "GET", MANAGED).status == 200
    assert ask(client, "PUT", f"{OTHER}2", network_body("10.3.0.0/16")).status == 201


def test_deny_assignments_are_listed_at_above_and_below_their_scope() -> None:
    client = a_cluster()
    assert len(denials(client, SUB)) == len(denials(client, MANAGED)) == 1
    assert denials(client, GROUP) == denials(a_cluster(locked_down=False), SUB) == []


@pytest.mark.parametrize("kind", ["peering", "link"])
def test_a_network_in_it_is_neither_peered_nor_linked_from_outside(kind: str) -> None:
    client = a_cluster()
    if kind == "peering":
        answer = ask(client, "PUT", BACK, peering_body(MANAGED))
    else:
        zone = f"{NETWORK}/privateDnsZones/corp.test"
        client("PUT", f"{zone}?api-version=2024-06-01", {"location": "global"})
        client.wait()
        properties = {"registrationEnabled": False, "virtualNetwork": {"id": MANAGED}}
        link = f"{zone}/virtualNetworkLinks/nodes?api-version=2024-06-01"
        answer = client("PUT", link, {"location": "global", "properties": properties})
    assert code_of(answer) == (403, "LinkedAuthorizationFailed")


def test_who_has_no_right_anyway_is_told_that() -> None:
    grants = (Grant("ops", "Owner", "subscription"), Grant("guest", "Reader", "subscription"))
    client = a_cluster(principal="guest", grants=grants)
    assert code_of(ask(client, "DELETE", MANAGED)) == (403, "AuthorizationFailed")


def test_aks_itself_goes_on_and_the_owner_of_the_cluster_lifts_the_lock() -> None:
    client = a_cluster()
    body = client("GET", CLUSTER).body
    assert body["properties"]["nodeResourceGroupProfile"] == {"restrictionLevel": "ReadOnly"}
    body["properties"]["nodeResourceGroupProfile"] = {"restrictionLevel": "Unrestricted"}
    assert client.finish(client("PUT", CLUSTER, body))["status"] == "Succeeded"
    assert states(client, *pair(client, MANAGED, OTHER)) == ["Connected FullyInSync"] * 2
    client = a_cluster()
    client("DELETE", CLUSTER)
    client.wait(client.world.spec.delays.update)
    assert client.world.resources.get(NODE_GROUP) is None
