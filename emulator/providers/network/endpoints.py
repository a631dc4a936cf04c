"""Private endpoints: their documents, the network interface with their address, the connection at what they lead to."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import group_id, name_of
from emulator.providers.network import interfaces, networks, targets
from emulator.providers.network.subnets import ENDPOINTS

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

AUTOMATIC, MANUAL = "privateLinkServiceConnections", "manualPrivateLinkServiceConnections"
_NAMED_INTERFACES_SINCE = "2021-05-01"
"""[REC] Since this version an endpoint shows the names and addresses that were chosen for its interface."""


@dataclass
class Endpoint(Resource):
    """`state` is that of its connection where the emulator has no other side of it; `made`: the PUT that made it has
    ended."""

    state: dict[str, Any] = field(default_factory=dict)
    made: bool = False

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body["properties"]
        return found

    @property
    def connections(self) -> list[dict[str, Any]]:
        return connections_in(self.body)

    @property
    def target(self) -> str:
        """The id of what it leads to; an endpoint has one connection."""
        return str(self.connections[0]["properties"]["privateLinkServiceId"])


def endpoint_id(subscription: str, group: str, name: str) -> str:
    """[REC] This provider writes `resourceGroups`."""
    return f"{group_id(subscription, group)}/providers/{ENDPOINTS}/{name}"


def connections_in(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What a request or an endpoint has of connections, of both kinds."""
    properties = body.get("properties") or {}
    return [*(properties.get(AUTOMATIC) or []), *(properties.get(MANUAL) or [])]


def create(world: EmulatedWorld, new_id: str, request: dict[str, Any], created: datetime) -> Endpoint:
    """A new endpoint from the body of a PUT, Updating, with its interface and its connection at the target."""
    endpoint = Endpoint(new_id, {"name": name_of(new_id), "id": new_id, "etag": networks.new_etag(world)}, created)
    endpoint.body |= {"type": ENDPOINTS, "location": request["location"]}
    guid = world.ids.next("endpoint")
    endpoint.body["properties"] = {"provisioningState": "Updating", "resourceGuid": guid, "customDnsConfigs": []}
    _take(endpoint, request)
    name = endpoint.properties["customNetworkInterfaceName"] or f"{name_of(new_id)}.nic.{world.ids.next('nic')}"
    interface = interfaces.create(world, endpoint, name)
    world.resources.put(endpoint)
    endpoint.properties["networkInterfaces"] = [{"id": interface.id}]
    approved = bool(endpoint.properties[AUTOMATIC])
    endpoint.state = targets.connect(world, endpoint.id, endpoint.target, approved)
    return endpoint


def replace(world: EmulatedWorld, endpoint: Endpoint, request: dict[str, Any]) -> None:
    """[INF] A PUT of one that is there: tags, chosen addresses, message; where it leads to stays."""
    _take(endpoint, request)
    mark(world, endpoint, "Updating")


def _take(endpoint: Endpoint, request: dict[str, Any]) -> None:
    asked, properties = request.get("properties") or {}, endpoint.properties
    properties |= {
        "subnet": {"id": asked["subnet"]["id"]},
        "customNetworkInterfaceName": asked.get("customNetworkInterfaceName") or "",
        "ipConfigurations": [_chosen(endpoint.id, one) for one in asked.get("ipConfigurations") or []],
    }
    for member in (AUTOMATIC, MANUAL):
        properties[member] = [_connection(endpoint.id, member, one) for one in asked.get(member) or []]
    if asked.get("applicationSecurityGroups") is not None:
        properties["applicationSecurityGroups"] = copy.deepcopy(asked["applicationSecurityGroups"])
    endpoint.body.pop("tags", None)
    if request.get("tags") is not None:
        endpoint.body["tags"] = dict(request["tags"])


def _chosen(own: str, asked: dict[str, Any]) -> dict[str, Any]:
    """[REC] An address that the caller chose."""
    return {
        "name": asked["name"],
        "id": f"{own}/ipConfigurations/{asked['name']}",
        "etag": "",
        "type": f"{ENDPOINTS}/ipConfigurations",
        "properties": {"provisioningState": "Succeeded", **(asked.get("properties") or {})},
    }


def _connection(own: str, member: str, asked: dict[str, Any]) -> dict[str, Any]:
    wanted = asked["properties"]
    kept = {name: wanted[name] for name in ("groupIds", "requestMessage") if wanted.get(name)}
    return {
        "name": asked["name"],
        "id": f"{own}/{member}/{asked['name']}",
        "etag": "",
        "properties": {
            "provisioningState": "Succeeded",
            "privateLinkServiceId": wanted["privateLinkServiceId"],
            **kept,
        },
        "type": f"{ENDPOINTS}/{member}",
    }


def mark(world: EmulatedWorld, endpoint: Endpoint, state: str) -> None:
    endpoint.properties["provisioningState"] = state
    endpoint.made = endpoint.made or state == "Succeeded"
    endpoint.body["etag"] = networks.new_etag(world)


def state_of(world: EmulatedWorld, endpoint: Endpoint) -> dict[str, Any]:
    """status, description and actionsRequired of its connection, as the target has them now."""
    return targets.state(world, endpoint.id, endpoint.target, endpoint.state)


def shown(world: EmulatedWorld, endpoint: Endpoint, version: str) -> dict[str, Any]:
    """[REC] The names that lead to it show once it is made and approved; until then customDnsConfigs is empty."""
    body = copy.deepcopy(endpoint.body)
    properties, state = body["properties"], state_of(world, endpoint)
    for one in connections_in(body):
        one["properties"]["privateLinkServiceConnectionState"] = dict(state)
    for one in (*connections_in(body), *properties["ipConfigurations"]):
        one["etag"] = body["etag"]
    if endpoint.made and state["status"] == "Approved":
        names = interfaces.names_in(world, endpoint)
        properties["customDnsConfigs"] = [{"fqdn": fqdn, "ipAddresses": [address]} for fqdn, address in names]
    if version < _NAMED_INTERFACES_SINCE:
        del properties["customNetworkInterfaceName"], properties["ipConfigurations"]
    return body


def remove(world: EmulatedWorld, endpoint: Endpoint) -> None:
    """It goes with its interface, and the target's side with it."""
    targets.disconnect(world, endpoint.id, endpoint.target)
    for interface in endpoint.properties["networkInterfaces"]:
        world.resources.remove(interface["id"])
    world.resources.remove_all(endpoint.id)
