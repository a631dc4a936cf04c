"""What rows about networks presuppose: networks of before, what lies in their subnets, what requests refer to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emulator.core.resources import Resource
from emulator.providers.ids import name_of
from emulator.providers.network import networks, subnets
from emulator.providers.network.endpoints import Endpoint
from emulator.providers.network.networks import Network
from emulator.world import EmulatedWorld
from tests.emulator.traffic.recordings import Row

NETWORK = "microsoft.network/virtualnetworks"
_REFERENCES = ("networkSecurityGroup", "routeTable", "privateLinkServiceId", "privateDnsZoneId")


class NetworkPreparation:
    """Makes what is missing, as far as later rows can tell."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world

    def before(self, row: Row) -> None:
        op = row.document["op"]
        if "microsoft.network/" not in op or "microsoft.network/privatedns" in op:
            return
        if row.status < 400 and row.method == "PUT":
            for resource_id in _referenced(row.asked):
                self._bare(resource_id, (row.asked or {}).get("location") or "")
            self._remote_network(row)
        if row.status < 400 and row.method == "GET":
            for shown in row.fields.get("value") or [row.fields]:
                self._network(shown)
                self._occupants(shown)
        if row.status == 404 and row.answered["error"]["code"] == "NotFound":  # of what lies in it, so it is there
            self._made("/".join(row.path.split("/")[:9]), ["10.0.0.0/16"])
        if op == "microsoft.network/networkinterfaces/{}":
            self._rename_interface(row)

    def _bare(self, resource_id: str, location: str) -> None:
        """Something that has no part of its own in the rows."""
        if self._world.resources.get(resource_id) is None:
            kind = resource_id.rpartition("/providers/")[2].rpartition("/")[0]
            body = {"id": resource_id, "name": name_of(resource_id), "type": kind, "location": location}
            self._world.resources.put(Resource(resource_id, body, self._world.clock.now()))

    def _made(self, network_id: str, prefixes: list[str]) -> None:
        if self._world.resources.get(network_id) is None:
            request = {"location": "westus", "properties": {"addressSpace": {"addressPrefixes": prefixes}}}
            self._put(network_id, request)

    def _put(self, network_id: str, request: dict[str, Any]) -> None:
        network = networks.create(self._world, network_id, request, self._world.clock.now())
        networks.mark(self._world, network, "Succeeded")

    def _remote_network(self, row: Row) -> None:
        """A peering refers to it, and its answer tells its addresses."""
        remote = ((row.asked or {}).get("properties") or {}).get("remoteVirtualNetwork")
        if remote and "remoteAddressSpace" in row.fields.get("properties", {}):
            self._made(remote["id"], row.fields["properties"]["remoteAddressSpace"]["addressPrefixes"])

    def _network(self, shown: dict[str, Any]) -> None:
        if shown.get("type", "").lower() == NETWORK and self._world.resources.get(shown["id"]) is None:
            self._put(shown["id"], shown)

    def _occupants(self, shown: dict[str, Any]) -> None:
        """The interfaces and gateways that a subnet names."""
        listed = (shown.get("properties") or {}).get("subnets") or []
        for subnet in listed if isinstance(self._world.resources.get(shown.get("id", "")), Network) else []:
            there = {one["id"].lower() for one in subnets.configurations_in(self._world, subnet["id"])}
            for one in subnet["properties"].get("ipConfigurations") or []:
                if one["id"].lower() not in there:
                    self._occupant(one["id"], subnet["id"])

    def _occupant(self, configuration_id: str, subnet_id: str) -> None:
        resource_id = "/".join(configuration_id.split("/")[:9])
        self._bare(resource_id, "westus")
        found = self._world.resources.get(resource_id)
        assert found is not None
        configuration = {"id": configuration_id, "properties": {"subnet": {"id": subnet_id}}}
        found.body.setdefault("properties", {}).setdefault("ipConfigurations", []).append(configuration)

    def _rename_interface(self, row: Row) -> None:
        """Azure makes up the name of an endpoint's interface; here it gets the one that it had then."""
        endpoint_id = (row.fields.get("properties", {}).get("privateEndpoint") or {}).get("id", "")
        endpoint = self._world.resources.get(endpoint_id)
        if not isinstance(endpoint, Endpoint) or self._world.resources.get(row.path) is not None:
            return
        link = endpoint.properties["networkInterfaces"][0]
        interface = self._world.resources.get(link["id"])
        assert interface is not None
        self._world.resources.remove(interface.id)
        interface.id = interface.body["id"] = link["id"] = row.path
        self._world.resources.put(interface)


def _referenced(asked: Any) -> Iterator[str]:
    """The ids by which a request refers to what must be there."""
    if isinstance(asked, dict):
        for name, value in asked.items():
            if name in _REFERENCES:
                yield value["id"] if isinstance(value, dict) else value
            else:
                yield from _referenced(value)
    elif isinstance(asked, list):
        for item in asked:
            yield from _referenced(item)
