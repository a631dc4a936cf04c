"""Private DNS zone groups of private endpoints: they keep the record of the endpoint in private zones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import name_of
from emulator.providers.network import endpoints, interfaces, networks, targets
from emulator.providers.network.endpoints import Endpoint
from emulator.providers.privatedns import records

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

ZONE_GROUPS = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
_TTL = 10


def groups_of(world: EmulatedWorld, endpoint: Resource) -> list[Resource]:
    """At most one."""
    prefix = f"{endpoint.id}/privateDnsZoneGroups/".lower()
    return [one for one in world.resources if one.id.lower().startswith(prefix)]


def put(world: EmulatedWorld, endpoint: Endpoint, name: str, request: dict[str, Any]) -> Resource:
    """A group as its PUT asks for it, Updating; what it had written goes first."""
    own = f"{endpoint.id}/privateDnsZoneGroups/{name}"
    old = world.resources.get(own)
    if old is not None:
        _remove_records(world, endpoint, old)
    asked = (request.get("properties") or {}).get("privateDnsZoneConfigs") or []
    body: dict[str, Any] = {"name": old.body["name"] if old else name, "id": own, "etag": "", "type": ZONE_GROUPS}
    configurations = [_configuration(own, one) for one in asked]
    body["properties"] = {"provisioningState": "Updating", "privateDnsZoneConfigs": configurations}
    group = world.resources.put(Resource(own, body, old.created if old else world.clock.now()))
    mark(world, group, "Updating")
    return group


def _configuration(group_id: str, asked: dict[str, Any]) -> dict[str, Any]:
    zone_id = (asked.get("properties") or {}).get("privateDnsZoneId")
    return {
        "name": asked["name"],
        "id": f"{group_id}/privateDnsZoneConfigs/{asked['name']}",
        "etag": "",
        "type": f"{ZONE_GROUPS}/privateDnsZoneConfigs",
        "properties": {"provisioningState": "Updating", "privateDnsZoneId": zone_id, "recordSets": []},
    }


def configurations_in(group: Resource) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = group.body["properties"]["privateDnsZoneConfigs"]
    return found


def mark(world: EmulatedWorld, group: Resource, state: str) -> None:
    group.body["properties"]["provisioningState"] = state
    group.body["etag"] = etag = networks.new_etag(world)
    for one in configurations_in(group):
        one["etag"] = etag
        one["properties"]["provisioningState"] = state


def finish(world: EmulatedWorld, endpoint: Endpoint, group: Resource) -> None:
    """[REC] It succeeds with every zone there is; [ISS] a record it writes only into that of the target's names."""
    mark(world, group, "Succeeded")
    write_records(world, endpoint, group)


def write_records(world: EmulatedWorld, endpoint: Endpoint, group: Resource) -> None:
    """[ISS] The record names who made it, lives for ten seconds, and takes the place of any other of its name."""
    approved = endpoints.state_of(world, endpoint)["status"] == "Approved"
    for one in configurations_in(group):
        zone = world.resources.get(str(one["properties"]["privateDnsZoneId"]))
        found = list(_write(world, endpoint, zone)) if zone is not None and approved else []
        one["properties"]["recordSets"] = found


def _write(world: EmulatedWorld, endpoint: Endpoint, zone: Resource) -> Iterator[dict[str, Any]]:
    """Writes the records of the zone, and gives what a group shows of each."""
    if name_of(zone.id).lower() != targets.ZONES.get(targets.type_of(endpoint.target)):
        return
    for fqdn, address in interfaces.names_in(world, endpoint):
        name = fqdn.partition(".")[0]
        creator = f"created by private endpoint {endpoint.body['name']} with resource guid "
        asked = {
            "metadata": {"creator": creator + endpoint.properties["resourceGuid"]},
            "ttl": _TTL,
            "aRecords": [{"ipv4Address": address}],
        }
        records.put(world, zone, ("A", name), asked, world.clock.now())
        yield {
            "recordType": "A",
            "recordSetName": name,
            "fqdn": f"{name}.{name_of(zone.id)}",
            "ttl": _TTL,
            "ipAddresses": [address],
            "provisioningState": "Succeeded",
        }


def remove(world: EmulatedWorld, endpoint: Endpoint, group: Resource) -> None:
    """[ISS] The records go with it."""
    _remove_records(world, endpoint, group)
    world.resources.remove(group.id)


def remove_all(world: EmulatedWorld, endpoint: Endpoint) -> None:
    for group in groups_of(world, endpoint):
        remove(world, endpoint, group)


def _remove_records(world: EmulatedWorld, endpoint: Endpoint, group: Resource) -> None:
    """[ISS] Also one that another endpoint of the same vault has written since: the survivor then has none."""
    for one in configurations_in(group):
        for record in one["properties"]["recordSets"]:
            world.resources.remove(f"{one['properties']['privateDnsZoneId']}/A/{record['recordSetName']}")
        one["properties"]["recordSets"] = []


def follow(world: EmulatedWorld, endpoint_id: str) -> None:
    """The target has decided about an endpoint: [ISS] a rejection takes the records away, an approval writes them."""
    endpoint = world.resources.get(endpoint_id)
    if not isinstance(endpoint, Endpoint):
        return
    for group in groups_of(world, endpoint):
        _remove_records(world, endpoint, group)
        write_records(world, endpoint, group)
