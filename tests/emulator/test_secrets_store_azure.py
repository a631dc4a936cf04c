"""Azure as the provider on a node sees it: tokens of the machine's identities, of Entra, and objects of vaults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emulator.core.resources import Resource
from emulator.kubernetes.secrets_store.azure_side import (
    MANAGED_IDENTITY,
    POD_IDENTITY,
    SERVICE_PRINCIPAL,
    WORKLOAD_IDENTITY,
    Assertion,
    HttpFailure,
    Origin,
    Token,
    TokenRequest,
    Unanswered,
    VaultObject,
    VaultRequest,
)
from emulator.world import EmulatedWorld
from emulator.worlds import spec
from emulator.worlds.network import NetworkSecurityGroup, SecurityRule, Subnet
from emulator.worlds.private_dns import Record
from tests.emulator.data_planes import CLUSTER_ID, START, VAULT
from tests.emulator.node_client import ADDRESS, CLOSED, CLUSTER, NODES, OTHER, zone
from tests.emulator.node_client import a_world as a_private_world
from tests.emulator.secrets_client import a_world

ADDON = "azurekeyvaultsecretsprovider-shop"
READS = spec.Grant(ADDON, "Key Vault Crypto User", "vault/shop-kv")
ISSUER_TENANT = "00000000-0000-4000-8000-000000000001"
ISSUER, SUBJECT = "https://issuer.test/a/", "system:serviceaccount:default:web"
SIGNED = Assertion(ISSUER, SUBJECT, "api://AzureADTokenExchange", START, START)


def origin_of(world: EmulatedWorld) -> Origin:
    node = world.nodes_of(CLUSTER_ID)[0]
    return Origin(CLUSTER_ID, node.name, node.subnet_id, node.address)


def client_of(world: EmulatedWorld, principal: str = ADDON) -> str:
    return world.ids.uuid("client", world.ids.principal(principal))


def asked(world: EmulatedWorld, mode: str, client: str, **more: Any) -> Any:
    return world.azure.token(TokenRequest(origin_of(world), mode, client, more.pop("tenant", spec.TENANT), **more))


def object_of(world: EmulatedWorld, token: Token | None, host: str = VAULT, name: str = "etcd") -> Any:
    return world.azure.vault_object(VaultRequest(origin_of(world), host, "keys", name), token)


def trust(world: EmulatedWorld, **more: Any) -> str:
    """A federated credential of the identity shop-id; the identity's client id."""
    [identity] = [one for one in world.resources.under("/", IDENTITIES) if one.body["name"] == "shop-id"]
    fields = {"issuer": ISSUER, "subject": SUBJECT, "audiences": [SIGNED.audience], **more}
    own = f"{identity.id}/federatedIdentityCredentials/web"
    world.resources.put(Resource(own, {"name": "web", "properties": fields}, START))
    return client_of(world, "shop-id")


IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"


def test_a_node_has_tokens_of_its_own_identities_alone() -> None:
    world = a_world()
    token = asked(world, MANAGED_IDENTITY, client_of(world).upper())
    assert token.principal_id == world.ids.principal(ADDON) and token.text not in repr(token)
    claims = world.tokens.read(token.text)
    assert claims is not None and claims["appid"] == client_of(world) and ADDON in claims["xms_mirid"]
    for client, text in (
        (client_of(world, "shop-id"), "Identity not found"),
        ("", "Multiple user assigned identities"),
    ):
        refused = asked(world, MANAGED_IDENTITY, client)
        assert (refused.status, text in refused.body) == (400, True)
    lost = a_world(secrets_provider=None)
    assert asked(lost, MANAGED_IDENTITY, "").principal_id == lost.ids.principal("shop-rg/shop-agentpool")
    assert isinstance(asked(world, POD_IDENTITY, ""), Unanswered)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"issuer": "https://issuer.test/a"}, "AADSTS700211"),
        ({"subject": "system:serviceaccount:default:Web"}, "AADSTS700213"),
        ({"audience": "api://other"}, "AADSTS700212"),
    ],
)
def test_entra_compares_a_workloads_token_letter_by_letter(changed: dict[str, str], code: str) -> None:
    world = a_world()
    client = trust(world)
    token = asked(world, WORKLOAD_IDENTITY, client, assertion=SIGNED)
    assert isinstance(token, Token) and token.principal_id == world.ids.principal("shop-id")
    refused = asked(world, WORKLOAD_IDENTITY, client, assertion=replace(SIGNED, **changed))
    assert (refused.status, refused.body.count(code)) == (401, 1)


@pytest.mark.parametrize(
    ("mode", "client", "tenant", "code"),
    [
        (WORKLOAD_IDENTITY, "shop-id", spec.TENANT, "AADSTS70025"),
        (WORKLOAD_IDENTITY, "nobody", spec.TENANT, "AADSTS700016"),
        (WORKLOAD_IDENTITY, "shop-id", ISSUER_TENANT, "AADSTS90002"),
        (SERVICE_PRINCIPAL, "shop-id", spec.TENANT, "AADSTS7000215"),
    ],
)
def test_entra_refuses_whom_it_does_not_know(mode: str, client: str, tenant: str, code: str) -> None:
    world = a_world()
    assertion = SIGNED if mode == WORKLOAD_IDENTITY else None
    refused = asked(world, mode, client_of(world, client), tenant=tenant, assertion=assertion)
    assert isinstance(refused, HttpFailure) and code in refused.body and refused.url.endswith("/oauth2/v2.0/token")


def test_a_vault_gives_what_the_identity_may_read_and_its_challenge_to_others() -> None:
    world = a_world(world={"grants": (READS,)})
    token = asked(world, MANAGED_IDENTITY, client_of(world))
    found = object_of(world, token)
    assert isinstance(found, VaultObject) and found.bundle["key"]["kty"] == "RSA" and len(found.version) == 32
    challenge = object_of(world, None)
    assert (challenge.status, challenge.tenant) == (401, spec.TENANT)
    missing = object_of(world, token, name="no")
    assert (missing.status, missing.code, missing.tenant) == (404, "KeyNotFound", None)
    denied = object_of(a_world(), asked(a_world(), MANAGED_IDENTITY, client_of(a_world())))
    assert (denied.status, denied.inner) == (403, "ForbiddenByRbac")


def test_a_vault_of_another_tenant_does_not_take_the_token() -> None:
    world = a_world(world={"vaults": (spec.Vault(tenant=spec.OTHER_TENANT),), "grants": (READS,)})
    refused = object_of(world, asked(world, MANAGED_IDENTITY, client_of(world)))
    assert refused.status == 401 and refused.message.startswith("AKV10032: Invalid issuer.")


def test_the_network_of_the_node_decides_what_answers() -> None:
    good = a_private_world()
    assert object_of(good, None).status == 401
    unknown = object_of(good, None, host="other-kv.vault.emulator.test")
    assert (unknown.kind, unknown.detail) == (
        *("nxdomain",),
        "dial tcp: lookup other-kv.vault.emulator.test on 168.63.129.16:53: no such host",
    )
    lost = a_private_world(zones=(zone(Record("shop-kv", ("10.99.0.4",))),))
    assert object_of(lost, None) == Unanswered(
        *("timeout", "dial tcp 10.99.0.4:443: i/o timeout", f"https://{VAULT}/keys/etcd/")
    )
    machine = a_private_world(zones=(zone(Record("shop-kv", ("10.224.0.5",))),))
    assert object_of(machine, None).detail == "dial tcp 10.224.0.5:443: connect: connection refused"
    assert ADDRESS != "10.224.0.5" and CLOSED.public_network_access == "Disabled"


def test_a_node_that_may_not_go_out_does_not_reach_entra() -> None:
    rule = SecurityRule("no-way-out", 200, destination="Internet", ports="443", protocol="Tcp")
    guarded = replace(NODES, subnets=(Subnet("nodes", "10.224.0.0/16", "nodes-nsg"), NODES.subnets[1]))
    groups = (NetworkSecurityGroup("nodes-nsg", (rule,)),)
    world = a_private_world(networks=(guarded, OTHER), security_groups=groups, clusters=(CLUSTER,))
    found = asked(world, WORKLOAD_IDENTITY, client_of(world, "shop-id"), assertion=SIGNED)
    assert isinstance(found, Unanswered) and (found.kind, found.method) == ("timeout", "POST")
