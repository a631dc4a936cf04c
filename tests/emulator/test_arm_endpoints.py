"""Private endpoints of a vault, their network interface, and the other side of their connection."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core.resources import Resource
from emulator.worlds.network import Network, Subnet
from emulator.worlds.spec import Grant
from tests.emulator.arm_client import GROUP, HOST, START, SUB, VAULT, Arm, code_of, message_of
from tests.emulator.network_client import (
    ENDPOINT,
    NETWORK,
    THREE,
    A,
    ask,
    delete,
    done,
    endpoint_body,
    get,
    put,
    small,
    subnet_body,
)

OPERATOR = Grant("ops", "Owner", "subscription")


def interface_of(client: Arm, endpoint: str = ENDPOINT) -> dict[str, Any]:
    return get(client, get(client, endpoint)["properties"]["networkInterfaces"][0]["id"])


def address_of(client: Arm, endpoint: str = ENDPOINT) -> str:
    [configuration] = interface_of(client, endpoint)["properties"]["ipConfigurations"]
    return str(configuration["properties"]["privateIPAddress"])


def status_of(client: Arm, endpoint: str = ENDPOINT) -> str:
    properties = get(client, endpoint)["properties"]
    [link] = properties["privateLinkServiceConnections"] + properties["manualPrivateLinkServiceConnections"]
    return str(link["properties"]["privateLinkServiceConnectionState"]["status"])


def decide(client: Arm, status: str) -> None:
    [connection] = client("GET", VAULT).body["properties"]["privateEndpointConnections"]
    connection["properties"]["privateLinkServiceConnectionState"]["status"] = status
    assert client("PUT", connection["id"], connection).status == 200


def test_an_endpoint_is_made_with_an_interface_and_connected_to_the_vault() -> None:
    client = small()
    answer = ask(client, "PUT", ENDPOINT, endpoint_body())
    assert (answer.status, answer.body["properties"]["provisioningState"]) == (201, "Updating")
    assert answer.body["properties"]["customDnsConfigs"] == []
    [link] = answer.body["properties"]["privateLinkServiceConnections"]
    assert link["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    done(client, answer)
    shown = get(client, ENDPOINT)["properties"]
    assert shown["customDnsConfigs"] == [{"fqdn": HOST, "ipAddresses": ["10.0.0.4"]}]
    assert shown["networkInterfaces"] == answer.body["properties"]["networkInterfaces"]
    [connection] = client("GET", VAULT).body["properties"]["privateEndpointConnections"]
    assert connection["properties"]["privateEndpoint"] == {"id": ENDPOINT}
    assert connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    assert get(client, f"{NETWORK}/privateEndpoints")["value"] == [get(client, ENDPOINT)]
    assert get(client, f"{SUB}/providers/Microsoft.Network/privateEndpoints")["value"] == [get(client, ENDPOINT)]


def test_its_interface_tells_the_address_and_the_names() -> None:
    client = small()
    put(client, ENDPOINT, endpoint_body())
    interface = interface_of(client)
    assert interface["managedBy"] == interface["properties"]["privateEndpoint"]["id"] == ENDPOINT
    [configuration] = interface["properties"]["ipConfigurations"]
    linked = configuration["properties"]["privateLinkConnectionProperties"]
    assert linked == {"groupId": "vault", "requiredMemberName": "default", "fqdns": [HOST]}
    assert get(client, f"{NETWORK}/networkInterfaces")["value"] == [interface]
    assert code_of(ask(client, "DELETE", interface["id"])) == (400, "NicInUseWithPrivateEndpoint")
    assert ask(client, "DELETE", f"{NETWORK}/networkInterfaces/nobody").status == 204
    assert code_of(ask(client, "GET", f"{NETWORK}/networkInterfaces/nobody")) == (404, "ResourceNotFound")


def test_addresses_are_given_from_the_first_free_one_on() -> None:
    client = small(networks=(*THREE, Network("tiny", ("10.3.0.0/24",), (Subnet("default", "10.3.0.0/29"),))))
    tiny = endpoint_body(f"{A.rpartition('/')[0]}/tiny/subnets/default")
    for number in (4, 5, 6):
        put(client, f"{ENDPOINT}{number}", tiny)
        assert address_of(client, f"{ENDPOINT}{number}") == f"10.3.0.{number}"
    assert code_of(ask(client, "PUT", f"{ENDPOINT}7", tiny)) == (400, "SubnetIsFull")
    assert code_of(ask(client, "GET", f"{ENDPOINT}7")) == (404, "ResourceNotFound")
    delete(client, f"{ENDPOINT}5")
    put(client, f"{ENDPOINT}8", tiny)
    assert address_of(client, f"{ENDPOINT}8") == "10.3.0.5"


def test_the_address_and_the_name_of_the_interface_may_be_chosen() -> None:
    client = small()
    body = endpoint_body()
    chosen = {"groupId": "vault", "memberName": "default", "privateIPAddress": "10.0.0.77"}
    body["properties"] |= {
        "customNetworkInterfaceName": "nic",
        "ipConfigurations": [{"name": "i", "properties": chosen}],
    }
    shown = put(client, ENDPOINT, body)["properties"]
    assert shown["networkInterfaces"] == [{"id": f"{NETWORK}/networkInterfaces/nic"}]
    assert (shown["customNetworkInterfaceName"], address_of(client)) == ("nic", "10.0.0.77")
    older = get(client, f"{ENDPOINT}?api-version=2021-02-01")["properties"]
    assert "customNetworkInterfaceName" not in older and "ipConfigurations" not in older


def test_a_manual_connection_waits_for_the_vaults_approval() -> None:
    client = small()
    body = endpoint_body(manual=True)
    body["properties"]["manualPrivateLinkServiceConnections"][0]["properties"]["requestMessage"] = "please"
    shown = put(client, ENDPOINT, body)["properties"]
    assert shown["manualPrivateLinkServiceConnections"][0]["properties"]["requestMessage"] == "please"
    assert (status_of(client), shown["customDnsConfigs"]) == ("Pending", [])
    decide(client, "Approved")
    assert status_of(client) == "Approved"
    assert get(client, ENDPOINT)["properties"]["customDnsConfigs"][0]["ipAddresses"] == ["10.0.0.4"]
    decide(client, "Rejected")
    assert (status_of(client), get(client, ENDPOINT)["properties"]["customDnsConfigs"]) == ("Rejected", [])
    decide(client, "Approved")
    assert status_of(client) == "Approved"


def test_without_the_right_to_approve_only_a_manual_connection_is_made() -> None:
    client = small(principal="other", grants=(OPERATOR, Grant("other", "Network Contributor", "group")))
    refused = ask(client, "PUT", ENDPOINT, endpoint_body())
    assert code_of(refused) == (403, "LinkedAuthorizationFailed")
    action = "'Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action'"
    assert f"{action} on the linked scope(s) '{VAULT}'" in message_of(refused)
    assert done(client, ask(client, "PUT", ENDPOINT, endpoint_body(manual=True)))["status"] == "Succeeded"
    assert status_of(client) == "Pending"


def test_the_subnet_must_be_the_callers_to_join() -> None:
    grants = (OPERATOR, Grant("other", "Network Contributor", "endpoint/pe"), Grant("other", "Owner", "vault/shop-kv"))
    client = small(principal="other", grants=grants)
    refused = ask(client, "PUT", ENDPOINT, endpoint_body())
    assert code_of(refused) == (403, "LinkedAuthorizationFailed")
    assert "'Microsoft.Network/virtualNetworks/subnets/join/action'" in message_of(refused)


def test_the_vaults_side_deleted_leaves_the_endpoint_disconnected() -> None:
    client = small()
    put(client, ENDPOINT, endpoint_body())
    [connection] = client("GET", VAULT).body["properties"]["privateEndpointConnections"]
    assert client("DELETE", connection["id"]).status == 202
    assert (status_of(client), get(client, ENDPOINT)["properties"]["customDnsConfigs"]) == ("Disconnected", [])
    client = small()
    put(client, ENDPOINT, endpoint_body())
    client("DELETE", VAULT)
    assert status_of(client) == "Disconnected"


def test_an_endpoint_deleted_takes_its_interface_and_the_vaults_side_along() -> None:
    client = small()
    put(client, ENDPOINT, endpoint_body())
    interface = interface_of(client)["id"]
    delete(client, ENDPOINT)
    assert code_of(ask(client, "GET", interface)) == (404, "ResourceNotFound")
    assert "privateEndpointConnections" not in client("GET", VAULT).body["properties"]
    assert ask(client, "DELETE", ENDPOINT).status == 204


def test_an_endpoint_that_is_there_can_be_put_again_but_not_be_moved() -> None:
    client = small()
    put(client, ENDPOINT, endpoint_body())
    answer = ask(client, "PUT", ENDPOINT, {**endpoint_body(), "tags": {"a": "b"}})
    assert (answer.status, answer.body["tags"]) == (200, {"a": "b"})
    assert answer.body["properties"]["customDnsConfigs"]
    client.wait()
    put(client, f"{A}/subnets/one", subnet_body("10.0.1.0/24"))
    assert code_of(ask(client, "PUT", ENDPOINT, endpoint_body(f"{A}/subnets/one"))) == (
        400,
        "PrivateEndpointCannotBeMoved",
    )


@pytest.mark.parametrize(
    ("subnet", "target", "code"),
    [
        (f"{A}/subnets/nobody", VAULT, "InvalidResourceReference"),
        (f"{A}/subnets/default", f"{VAULT}2", "InvalidResourceReference"),
        (f"{A}/subnets/default", "", "InvalidRequestFormat"),
        (f"{NETWORK}/virtualNetworks/far/subnets/default", VAULT, "InvalidResourceReference"),
        (f"{NETWORK}/virtualNetworks/aks/subnets/default", VAULT, "ResourceNotPermittedOnDelegatedSubnet"),
    ],
)
def test_subnet_and_target_are_checked(subnet: str, target: str, code: str) -> None:
    far = Network("far", ("10.5.0.0/16",), (Subnet("default", "10.5.0.0/24"),), location="northeurope")
    delegated = Subnet("default", "10.6.0.0/24", delegation="Microsoft.ContainerService/managedClusters")
    client = small(networks=(*THREE, far, Network("aks", ("10.6.0.0/16",), (delegated,))))
    assert code_of(ask(client, "PUT", ENDPOINT, endpoint_body(subnet, target))) == (400, code)
    assert "privateEndpointConnections" not in client("GET", VAULT).body["properties"]


def test_older_versions_need_a_subnet_without_network_policies() -> None:
    client = small()
    put(client, f"{A}/subnets/old?api-version=2021-02-01", subnet_body("10.0.1.0/24"))
    old = endpoint_body(f"{A}/subnets/old")
    refused = ask(client, "PUT", f"{ENDPOINT}?api-version=2021-02-01", old)
    assert code_of(refused) == (400, "PrivateEndpointCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled")
    put(client, ENDPOINT, old)
    policies = subnet_body("10.0.1.0/24", privateEndpointNetworkPolicies="Enabled")
    refused = ask(client, "PUT", f"{A}/subnets/old?api-version=2021-02-01", policies)
    assert code_of(refused) == (400, "PrivateEndpointNetworkPoliciesCannotBeEnabledOnPrivateEndpointSubnet")
    put(client, f"{A}/subnets/old", policies)


def test_a_subnet_that_changes_must_be_waited_for_and_messages_are_short() -> None:
    client = small()
    ask(client, "PUT", f"{A}/subnets/one", subnet_body("10.0.1.0/24"))
    assert code_of(ask(client, "PUT", ENDPOINT, endpoint_body())) == (400, "ReferencedResourceNotProvisioned")
    body = endpoint_body(manual=True)
    body["properties"]["manualPrivateLinkServiceConnections"][0]["properties"]["requestMessage"] = "x" * 141
    assert code_of(ask(client, "PUT", ENDPOINT, body)) == (400, "PrivateEndpointRequestMessageTooLong")


def test_an_endpoint_may_lead_to_something_that_the_emulator_does_not_have() -> None:
    client = small()
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/files"
    client.world.resources.put(Resource(account, {"id": account, "name": "files"}, START))
    body = endpoint_body(target=account)
    body["properties"]["privateLinkServiceConnections"][0]["properties"]["groupIds"] = ["blob"]
    shown = put(client, ENDPOINT, body)["properties"]
    assert shown["customDnsConfigs"] == [{"fqdn": "files.blob.core.windows.net", "ipAddresses": ["10.0.0.4"]}]
    delete(client, ENDPOINT)
