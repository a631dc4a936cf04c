"""Microsoft.Network through Resource Manager: networks `a`, `b` and `c`, and what the tests do with them."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer
from emulator.worlds.network import Network, Subnet
from tests.emulator.arm_client import GROUP, VAULT, Arm

NETWORK = f"{GROUP}/providers/Microsoft.Network"
VERSION = "2024-05-01"
A, B, C = (f"{NETWORK}/virtualNetworks/{name}" for name in "abc")
ENDPOINT = f"{NETWORK}/privateEndpoints/pe"
THREE = tuple(
    Network(name, (f"10.{number}.0.0/16",), (Subnet("default", f"10.{number}.0.0/24"),))
    for number, name in enumerate("abc")
)


def small(*, principal: str = "ops", **overrides: Any) -> Arm:
    """A world without clusters, with three networks that have nothing in common."""
    return Arm(principal=principal, **{"clusters": (), "networks": THREE, **overrides})


def ask(client: Arm, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """With the version of most tests, unless the path says another."""
    sign = "&" if "?" in path else "?"
    url = path if "api-version=" in path else f"{path}{sign}api-version={VERSION}"
    return client(method, url, body, **headers)


def done(client: Arm, answer: Answer) -> dict[str, Any]:
    """Waits for the operation of an answer; what it says in the end."""
    assert answer.status in (200, 201, 202), answer.body
    client.wait(client.world.spec.delays.network)
    document: dict[str, Any] = client("GET", answer.headers["Azure-AsyncOperation"]).body
    return document


def put(client: Arm, path: str, body: Any = None) -> dict[str, Any]:
    """A PUT to its good end, and what is there then."""
    assert done(client, ask(client, "PUT", path, body)) == {"status": "Succeeded"}
    return get(client, path)


def delete(client: Arm, path: str) -> None:
    assert done(client, ask(client, "DELETE", path)) == {"status": "Succeeded"}


def get(client: Arm, path: str) -> dict[str, Any]:
    answer = ask(client, "GET", path)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


def network_body(*prefixes: str, **properties: Any) -> dict[str, Any]:
    asked = {"addressSpace": {"addressPrefixes": list(prefixes or ("10.9.0.0/16",))}, **properties}
    return {"location": "westeurope", "properties": asked}


def subnet_body(prefix: str, **properties: Any) -> dict[str, Any]:
    return {"properties": {"addressPrefix": prefix, **properties}}


def peering_body(remote: str, **flags: Any) -> dict[str, Any]:
    return {"properties": {"allowVirtualNetworkAccess": True, "remoteVirtualNetwork": {"id": remote}, **flags}}


def endpoint_body(subnet: str = f"{A}/subnets/default", target: str = VAULT, *, manual: bool = False) -> dict[str, Any]:
    kind = "manualPrivateLinkServiceConnections" if manual else "privateLinkServiceConnections"
    link = {"name": "link", "properties": {"privateLinkServiceId": target, "groupIds": ["vault"]}}
    return {"location": "westeurope", "properties": {"subnet": {"id": subnet}, kind: [link]}}


def pair(client: Arm, one: str = A, other: str = B) -> tuple[str, str]:
    """Peers two networks in both directions; the ids of the two sides."""
    there, back = f"{one}/virtualNetworkPeerings/there", f"{other}/virtualNetworkPeerings/back"
    put(client, there, peering_body(other))
    put(client, back, peering_body(one))
    return there, back


def states(client: Arm, *peerings: str) -> list[str]:
    """`Connected FullyInSync` for each."""
    found = [get(client, one)["properties"] for one in peerings]
    return [f"{one['peeringState']} {one['peeringSyncLevel']}" for one in found]
