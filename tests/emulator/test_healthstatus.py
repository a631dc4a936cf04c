"""What a vault says of how a request came to it, and whom it turns away before it is asked anything."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from emulator.core.http import Answer, Call
from emulator.dataplane.keyvault import routes as keyvault
from emulator.emulation import Emulation
from emulator.world import EmulatedWorld
from emulator.worlds.spec import CALLER, Vault
from tests.emulator.conftest import Running
from tests.emulator.data_planes import inner_code
from tests.emulator.node_client import CLOSED, ENDPOINT, HOST, a_world, program

HEALTH = f"https://{HOST}/healthstatus"
NETWORK_INFO = "x-ms-keyvault-network-info"


def endpoint_id(world: EmulatedWorld) -> str:
    return next(one.id for one in world.resources if one.id.endswith("/privateEndpoints/shop-pe"))


def asked(world: EmulatedWorld, path: str, token: bool = False, **way: str) -> Answer:
    """A request that comes by some way."""
    headers = {}
    if token:
        issued, _ = world.tokens.issue(world.ids.principal(CALLER), keyvault.AUDIENCE)
        headers = {"authorization": f"Bearer {issued}"}
    return keyvault.answer(Call(world, "GET", HOST, path, {"api-version": "7.5"}, headers, **way))


def test_it_tells_over_which_way_a_request_came() -> None:
    world = a_world()
    private = asked(world, "/healthstatus", source="10.224.0.4", endpoint_id=endpoint_id(world))
    assert (private.status, private.body) == (200, b"[]\r\n")
    assert private.headers[NETWORK_INFO] == "conn_type=Ipv4;addr=10.224.0.4;act_addr_fam=InterNetwork;"
    assert private.headers["x-ms-keyvault-service-version"] and private.headers["x-ms-keyvault-region"] == "westeurope"
    assert "addr=20.50.60.70;" in asked(world, "/healthstatus", source="20.50.60.70").headers[NETWORK_INFO]


def test_a_closed_vault_lets_in_what_comes_over_its_endpoint() -> None:
    world = a_world()
    way = {"source": "10.224.0.4", "endpoint_id": endpoint_id(world)}
    assert asked(world, "/keys", token=True, **way).status == 200
    assert inner_code(asked(world, "/keys", token=True, source="20.50.60.70")) == "ForbiddenByConnection"
    assert asked(world, "/keys", **way).status == 401


@pytest.mark.parametrize("status", ["Pending", "Rejected", "Disconnected"])
@pytest.mark.parametrize("vault", [CLOSED, Vault()])
def test_an_endpoint_that_is_not_approved_sends_nothing(status: str, vault: Vault) -> None:
    world = a_world(private_endpoints=(replace(ENDPOINT, status=status),), vaults=(vault,))
    way = {"source": "10.224.0.4", "endpoint_id": endpoint_id(world)}
    for path, token in (("/healthstatus", False), ("/keys", True)):
        refused = asked(world, path, token, **way)
        assert (refused.status, inner_code(refused)) == (403, "ForbiddenByConnection")
        assert "addr=10.224.0.4;" in refused.headers[NETWORK_INFO]


def test_a_rule_for_the_nat_lets_the_nodes_in() -> None:
    opened = Vault(default_action="Deny", ip_rules=("20.50.60.70/32",))
    world = a_world(vaults=(opened,), zones=(), private_endpoints=())
    assert asked(world, "/keys", token=True, source="20.50.60.70").status == 200
    refused = asked(world, "/keys", token=True, source="20.50.60.71")
    assert "Client address: 20.50.60.71\r\n" in refused.body["error"]["message"]


def test_a_node_is_refused_until_its_endpoint_is_approved() -> None:
    world = a_world(private_endpoints=(replace(ENDPOINT, status="Pending"),))
    ours = ("curl", "-sS", "--resolve", f"{HOST}:443:10.225.0.4", "-w", "%{http_code}", HEALTH)
    refused = program(world, *ours)
    assert refused.stdout.endswith("403") and refused.code == 0
    assert json.loads(refused.stdout[:-3])["error"]["innererror"] == {"code": "ForbiddenByConnection"}
    vault = world.keyvault.vault(HOST)
    assert vault is not None
    vault.body["properties"]["privateEndpointConnections"][0]["properties"]["privateLinkServiceConnectionState"][
        "status"
    ] = "Approved"
    assert program(world, *ours).stdout == "[]\r\n200"


def test_other_peoples_http_clients_get_it_too(running: Running, client: Any) -> None:
    emulation: Emulation = running()
    got = client(emulation, audience=None).get(HEALTH)
    assert (got.status_code, got.headers["content-length"]) == (200, "4")
    assert got.headers[NETWORK_INFO] == "conn_type=Ipv4;addr=198.51.100.7;act_addr_fam=InterNetwork;"
