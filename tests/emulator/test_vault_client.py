"""What a program on a node gets of a vault: a token for an identity, an answer, or an error of the network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emulator.core.http import Answer
from emulator.dataplane.keyvault.routes import AUDIENCE
from emulator.entra.directory import VAULT_AUDIENCE
from emulator.entra.imds import MetadataRefused, imds_token
from emulator.programs import vault_client
from emulator.programs.vault_client import NoReply, ask_vault, azcore_text, challenged_tenant, reach_entra
from emulator.programs.view import NAT_ADDRESS, Place, View
from emulator.resolution import LOGIN_ADDRESS, LOGIN_HOST
from emulator.world import EmulatedWorld
from emulator.worlds.network import NetworkSecurityGroup, SecurityRule, Subnet
from emulator.worlds.private_dns import Record
from emulator.worlds.secrets_provider import SecretsProvider
from emulator.worlds.spec import OTHER_TENANT, TENANT, Cluster, Grant, Secrets, Vault, World
from emulator.worlds.vault_contents import VaultSecret
from tests.emulator.data_planes import CLUSTER_ID, inner_code
from tests.emulator.node_client import ADDRESS, NODES, OTHER, a_world, asking, program, zone

ADDON = "azurekeyvaultsecretsprovider-shop"
SECRET = "/secrets/db-pass/"
CLUSTER = Cluster(secrets=Secrets(count=0), secrets_provider=SecretsProvider(), node_identities=(("nodepool1", "own"),))


def open_world(**overrides: Any) -> EmulatedWorld:
    """A vault that everybody reaches, with a secret; the add-on's identity may read it."""
    fields: dict[str, Any] = {
        "clusters": (CLUSTER,),
        "vaults": (Vault(secrets=(VaultSecret(),)),),
        "identities": ("shop-id", "own"),
        "grants": (Grant(ADDON, "Key Vault Secrets User", "vault/shop-kv"),),
        **overrides,
    }
    return EmulatedWorld(World(name="client", title="for tests", **fields))


def view_of(world: EmulatedWorld) -> View:
    """The network as the first node has it."""
    node = world.nodes_of(CLUSTER_ID)[0]
    return View(world, Place(node.subnet_id, node.address, node.name))


def client_id(world: EmulatedWorld, principal: str) -> str:
    return world.ids.uuid("client", world.ids.principal(principal))


def token(world: EmulatedWorld, principal: str = ADDON, pool: str = "nodepool1") -> str:
    wanted = client_id(world, principal) if principal else ""
    return imds_token(world, world.scale_set_of(CLUSTER_ID, pool), wanted)


def no_reply(world: EmulatedWorld, vault: str = "shop-kv") -> NoReply:
    with pytest.raises(NoReply) as caught:
        ask_vault(view_of(world), vault, SECRET)
    return caught.value


def test_an_identity_of_the_machines_reads_the_secret_that_it_may() -> None:
    world = open_world()
    answer = ask_vault(view_of(world), "Shop-KV", SECRET, token(world))
    assert (answer.status, answer.body["value"]) == (200, "correct-horse-staple-1")
    claims = world.tokens.read(token(world))
    assert claims is not None and VAULT_AUDIENCE == AUDIENCE
    assert claims["appid"] == client_id(world, ADDON) and claims["xms_mirid"].endswith(ADDON)


def test_another_identity_of_the_machines_is_told_who_it_is() -> None:
    world = open_world()
    answer = ask_vault(view_of(world), "shop-kv", SECRET, token(world, "own"))
    assert (answer.status, inner_code(answer)) == (403, "ForbiddenByRbac")
    caller = f"Caller: appid={client_id(world, 'own')};oid={world.ids.principal('own')};iss=https://sts.windows.net/"
    assert caller in answer.body["error"]["message"]


def test_an_identity_that_the_machines_have_not_is_not_found() -> None:
    world = open_world(clusters=(Cluster(secrets=Secrets(count=0), secrets_provider=SecretsProvider(enabled=False)),))
    for wanted in (client_id(world, ADDON), "no-client", world.ids.principal("shop-id")):
        with pytest.raises(MetadataRefused) as caught:
            imds_token(world, world.scale_set_of(CLUSTER_ID, "nodepool1"), wanted)
        assert caught.value.body == {"error": "invalid_request", "error_description": "Identity not found"}
    assert caught.value.status == 400
    with pytest.raises(MetadataRefused, match="Identity not found"):
        imds_token(world, None, "")


def test_without_a_client_id_one_identity_is_meant_and_several_are_not() -> None:
    world = open_world(clusters=(Cluster(secrets=Secrets(count=0)),))
    claims = world.tokens.read(token(world, ""))
    assert claims is not None and claims["oid"] == world.ids.principal("shop-rg/shop-agentpool")
    with pytest.raises(MetadataRefused, match="Multiple user assigned identities exist, please specify the clientId"):
        token(open_world(), "")


def test_the_system_assigned_identity_is_meant_before_several() -> None:
    world = open_world()
    scale_set = world.scale_set_of(CLUSTER_ID, "nodepool1")
    assert scale_set is not None
    scale_set.body["identity"]["principalId"] = world.ids.principal("system")
    claims = world.tokens.read(token(world, ""))
    assert claims is not None and claims["oid"] == world.ids.principal("system")


def test_an_identity_that_was_deleted_has_no_tokens() -> None:
    world = open_world()
    own = next(one.id for one in world.resources if one.id.endswith("/own"))
    world.resources.remove(own)
    with pytest.raises(MetadataRefused, match="Identity not found"):
        token(world, "own")


def test_a_cluster_that_is_not_there_has_no_machines() -> None:
    world = open_world()
    assert world.scale_set_of(CLUSTER_ID, "none") is None
    with pytest.raises(KeyError):
        world.scale_set_of(f"{CLUSTER_ID}-none", "nodepool1")


def test_without_a_token_the_challenge_names_the_vaults_tenant() -> None:
    answer = ask_vault(view_of(open_world()), "shop-kv", SECRET)
    assert (answer.status, challenged_tenant(answer)) == (401, TENANT)
    foreign = open_world(vaults=(Vault(tenant=OTHER_TENANT),))
    assert challenged_tenant(ask_vault(view_of(foreign), "shop-kv", SECRET, token(foreign))) == OTHER_TENANT
    assert challenged_tenant(Answer(401)) == ""


def test_a_vault_that_is_not_there_has_no_name() -> None:
    world = open_world()
    found = no_reply(world, "shop-kw")
    assert (found.trouble, found.text) == (
        "dns",
        "dial tcp: lookup shop-kw.vault.emulator.test on 168.63.129.16:53: no such host",
    )


def test_a_server_that_does_not_answer_is_a_timeout_of_the_lookup() -> None:
    silent = no_reply(a_world(networks=asking("10.9.9.9")))
    expected = r"lookup shop-kv.vault.emulator.test on 10.9.9.9:53: read udp 10.224.0.4:50000->10.9.9.9:53: i/o timeout"
    assert (silent.trouble, silent.text) == ("dns", f"dial tcp: {expected}")


def test_a_rule_in_the_way_is_a_timeout() -> None:
    rule = SecurityRule("no-https", 200, protocol="Tcp", destination="*", ports="443")
    barred = replace(NODES, subnets=(Subnet("nodes", "10.224.0.0/16", "nsg"), NODES.subnets[1]))
    world = a_world(
        networks=(barred, OTHER),
        security_groups=(NetworkSecurityGroup("nsg", (rule,)),),
        vaults=(Vault(),),
        private_endpoints=(),
        zones=(),
    )
    assert no_reply(world).text == "dial tcp 20.1.2.3:443: i/o timeout"
    with pytest.raises(NoReply) as caught:
        reach_entra(view_of(world), TENANT)
    assert caught.value.text == f"dial tcp {LOGIN_ADDRESS}:443: i/o timeout"


def test_an_address_that_is_a_machines_refuses() -> None:
    world = a_world(zones=(zone(Record("shop-kv", ("10.224.0.5",))),))
    found = no_reply(world)
    assert (found.trouble, found.text) == ("refused", "dial tcp 10.224.0.5:443: connect: connection refused")


def test_an_endpoint_of_something_else_has_another_certificate() -> None:
    world = a_world()
    endpoint = next(one for one in world.resources if one.id.endswith("/privateEndpoints/shop-pe"))
    [link] = endpoint.body["properties"]["privateLinkServiceConnections"]
    link["properties"]["privateLinkServiceId"] = "/subscriptions/s/providers/Microsoft.Storage/storageAccounts/a"
    found = no_reply(world)
    assert found.trouble == "tls" and found.text.startswith("tls: failed to verify certificate: x509: ")


def test_a_closed_vault_is_asked_over_its_endpoint_or_refuses() -> None:
    world = a_world()
    answer = ask_vault(view_of(world), "shop-kv", SECRET, token(world, ""))
    assert inner_code(answer) == "ForbiddenByRbac"
    assert "addr=10.224.0.4;" in answer.headers["x-ms-keyvault-network-info"]
    outside = a_world(zones=(zone(Record("shop-kv", (ADDRESS,)), linked=False),))
    refused = ask_vault(view_of(outside), "shop-kv", SECRET, token(outside, ""))
    assert inner_code(refused) == "ForbiddenByConnection"


def test_a_firewall_sees_the_nodes_public_address() -> None:
    world = open_world(vaults=(Vault(default_action="Deny", secrets=(VaultSecret(),)),))
    refused = ask_vault(view_of(world), "shop-kv", SECRET, token(world))
    assert inner_code(refused) == "ForbiddenByFirewall"
    assert f"Client address: {NAT_ADDRESS}\r\n" in refused.body["error"]["message"]
    world = open_world(vaults=(Vault(default_action="Deny", ip_rules=(NAT_ADDRESS,), secrets=(VaultSecret(),)),))
    assert ask_vault(view_of(world), "shop-kv", SECRET, token(world)).status == 200


def test_entra_is_reached_and_asked_from_a_node() -> None:
    world = open_world()
    reach_entra(view_of(world), TENANT)
    url = f"https://{LOGIN_HOST}/{TENANT}/v2.0/.well-known/openid-configuration"
    said = program(a_world(), "curl", "-s", "-w", " %{http_code} %{remote_ip}", url).stdout
    assert '"token_endpoint"' in said and said.endswith(f" 200 {LOGIN_ADDRESS}")


def test_a_refusal_is_printed_as_gos_client_does() -> None:
    world = open_world()
    answer = ask_vault(view_of(world), "shop-kv", "/secrets/none/", token(world))
    url = "https://shop-kv.vault.emulator.test/secrets/none/"
    lines = azcore_text(f"GET {url}", answer.status, answer.body, answer.body["error"]["code"]).split("\n")
    rule = "-" * 80
    assert lines[:6] == [f"GET {url}", rule, "RESPONSE 404: 404 Not Found", "ERROR CODE: SecretNotFound", rule, "{"]
    assert lines[6:8] == ['  "error": {', '    "code": "SecretNotFound",']
    assert lines[-3:] == ["}", rule, ""]
    assert "ERROR CODE UNAVAILABLE" in azcore_text("POST x", 401, {})
    assert vault_client.API_VERSION == "7.4"
