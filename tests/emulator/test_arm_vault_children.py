"""What lies below a vault: keys as ARM resources, private endpoint connections."""

from __future__ import annotations

from typing import Any

from emulator.providers.keyvault import connections
from tests.emulator.arm_client import GROUP, HOST, VAULT, Arm, code_of

KEYS = f"{VAULT}/keys"
CONNECTIONS = f"{VAULT}/privateEndpointConnections"


def test_a_key_is_an_arm_resource_with_its_uris() -> None:
    client = Arm()
    key = client("GET", f"{KEYS}/etcd").body
    assert key["id"] == f"{KEYS}/etcd"
    properties = key["properties"]
    assert properties["keyUriWithVersion"] == client.key()
    assert properties["keyUri"] == f"https://{HOST}/keys/etcd"
    assert (properties["kty"], properties["keySize"], properties["attributes"]["enabled"]) == ("RSA", 2048, True)


def test_arm_makes_only_the_first_version_of_a_key() -> None:
    client = Arm()
    request = {"properties": {"kty": "RSA", "keySize": 3072, "keyOps": ["encrypt", "decrypt"]}}
    made = client("PUT", f"{KEYS}/other", request)
    assert made.body["properties"]["keySize"] == 3072
    again = client("PUT", f"{KEYS}/other", {"properties": {"kty": "RSA", "keySize": 4096}})
    assert (again.status, again.body) == (200, made.body)
    assert len(client("GET", f"{KEYS}/other/versions").body["value"]) == 1
    assert code_of(client("PUT", f"{KEYS}/third", {"properties": {}})) == (400, "BadRequest")


def test_no_firewall_stands_before_keys_in_arm() -> None:
    client = Arm("private-vnet")
    assert client("PUT", f"{KEYS}/other", {"properties": {"kty": "RSA"}}).status == 200


def test_keys_and_versions_are_listed() -> None:
    client = Arm()
    client.new_key()
    client.new_key("other", exp=None)
    listed = client("GET", KEYS).body["value"]
    assert [key["name"] for key in listed] == ["etcd", "other"]
    assert "keyUriWithVersion" not in listed[0]["properties"]
    versions = client("GET", f"{KEYS}/etcd/versions").body["value"]
    assert len(versions) == 2
    one = client("GET", versions[0]["id"]).body
    assert one["properties"]["keyUriWithVersion"] == client.key(0)


def test_a_key_that_is_not_there_is_not_found() -> None:
    client = Arm()
    assert code_of(client("GET", f"{KEYS}/nobody")) == (404, "ResourceNotFound")
    assert client("GET", f"{KEYS}/etcd/versions/00").status == 404


def test_a_curve_has_a_name_and_no_size() -> None:
    client = Arm()
    made = client("PUT", f"{KEYS}/curve", {"properties": {"kty": "EC", "curveName": "P-256"}}).body["properties"]
    assert made["curveName"] == "P-256" and "keySize" not in made


def connected(client: Arm) -> dict[str, Any]:
    vault = client.world.resources.get(VAULT)
    assert vault is not None
    return connections.connect(client.world, vault, f"{GROUP}/providers/Microsoft.Network/privateEndpoints/one")


def test_a_connection_is_pending_until_it_is_approved() -> None:
    client = Arm()
    made = connected(client)
    read = client("GET", made["id"]).body
    assert read["type"] == "Microsoft.KeyVault/vaults/privateEndpointConnections"
    assert read["properties"]["privateLinkServiceConnectionState"]["status"] == "Pending"
    state = {"status": "Approved", "description": "ours"}
    answer = client("PUT", made["id"], {"properties": {"privateLinkServiceConnectionState": state}})
    assert answer.body["properties"]["provisioningState"] == "Updating"
    assert "kv-operation=" in answer.headers["Azure-AsyncOperation"]
    after = client("GET", made["id"]).body
    assert after["properties"]["provisioningState"] == "Succeeded"
    assert after["properties"]["privateLinkServiceConnectionState"] == {**state, "actionsRequired": "None"}
    [inside] = client("GET", VAULT).body["properties"]["privateEndpointConnections"]
    assert (inside["id"], "name" in inside) == (made["id"], False)
    assert ("etag" in read, "etag" in after) == (False, True)


def test_a_vault_without_connections_has_no_list_of_them() -> None:
    client = Arm()
    made = connected(client)
    assert len(client("GET", CONNECTIONS).body["value"]) == 1
    gone = client("DELETE", made["id"])
    assert gone.status == 202
    assert client("GET", gone.headers["Location"]).status == 204
    assert client("DELETE", made["id"]).status == 204
    assert code_of(client("GET", made["id"])) == (404, "ResourceNotFound")
    assert client("GET", CONNECTIONS).body == {"value": []}
    assert "privateEndpointConnections" not in client("GET", VAULT).body["properties"]


def test_a_vault_names_its_private_dns_zone() -> None:
    [resource] = Arm()("GET", f"{VAULT}/privateLinkResources").body["value"]
    assert resource["properties"]["groupId"] == "vault"
    assert resource["properties"]["requiredZoneNames"] == ["privatelink.vaultcore.azure.net"]
