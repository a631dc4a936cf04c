"""Resources that are a list of small ones: a security group of its rules, a route table of its routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import group_id, name_of, same_id
from emulator.providers.network import networks, routetables, securitygroups

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

Properties = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """`items` is the member that lists the small ones and their segment in a path; `link` the subnet's member that
    names such a resource; `in_use` the code of the refusal to delete one that a subnet has."""

    resource_type: str
    items: str
    link: str
    in_use: str
    own: Callable[[Properties], Properties]
    item: Callable[[Properties], Properties]
    refuse_bad: Callable[[Sequence[Properties], str], None]

    @property
    def segment(self) -> str:
        return self.resource_type.partition("/")[2]


SECURITY_GROUPS = Kind(
    securitygroups.SECURITY_GROUPS,
    "securityRules",
    "networkSecurityGroup",
    "InUseNetworkSecurityGroupCannotBeDeleted",
    securitygroups.own_properties,
    securitygroups.rule_properties,
    securitygroups.refuse_bad_rules,
)
ROUTE_TABLES = Kind(
    routetables.ROUTE_TABLES,
    "routes",
    "routeTable",
    "InUseRouteTableCannotBeDeleted",
    routetables.own_properties,
    routetables.route_properties,
    routetables.refuse_bad_routes,
)
KINDS = (SECURITY_GROUPS, ROUTE_TABLES)


def list_id(kind: Kind, subscription: str, group: str, name: str) -> str:
    """[REC] This provider writes `resourceGroups`."""
    return f"{group_id(subscription, group)}/providers/{kind.resource_type}/{name}"


def create(world: EmulatedWorld, kind: Kind, new_id: str, request: Properties, created: datetime) -> Resource:
    """A new one from the body of a PUT, Updating."""
    made = Resource(new_id, {"name": name_of(new_id), "id": new_id, "etag": ""}, created)
    made.body |= {"type": kind.resource_type, "location": request["location"]}
    made.body["properties"] = {"resourceGuid": world.ids.uuid(kind.segment, new_id.lower())}
    replace(world, kind, made, request)
    return world.resources.put(made)


def replace(world: EmulatedWorld, kind: Kind, resource: Resource, request: Properties) -> None:
    """A PUT says everything, the small ones included."""
    asked = request.get("properties") or {}
    properties: Properties = {
        "provisioningState": "Updating",
        "resourceGuid": resource.body["properties"]["resourceGuid"],
        **kind.own(asked),
        kind.items: [item(kind, resource.id, one) for one in asked.get(kind.items) or []],
    }
    if kind is SECURITY_GROUPS:
        properties["defaultSecurityRules"] = securitygroups.default_rules(resource.id)
    resource.body["properties"] = properties
    resource.body.pop("tags", None)
    if request.get("tags") is not None:
        resource.body["tags"] = dict(request["tags"])
    mark(world, kind, resource, "Updating")


def item(kind: Kind, parent_id: str, asked: Properties) -> Properties:
    """A rule or a route as its PUT, or that of what it is in, asks for it."""
    return {
        "name": asked["name"],
        "id": f"{parent_id}/{kind.items}/{asked['name']}",
        "etag": "",
        "type": f"{kind.resource_type}/{kind.items}",
        "properties": {"provisioningState": "Updating", **kind.item(asked.get("properties") or {})},
    }


def items_of(kind: Kind, resource: Resource) -> list[Properties]:
    found: list[Properties] = resource.body["properties"][kind.items]
    return found


def mark(world: EmulatedWorld, kind: Kind, resource: Resource, state: str) -> None:
    """[REC: as for networks] One state and one new etag for all."""
    resource.body["properties"]["provisioningState"] = state
    resource.body["etag"] = etag = networks.new_etag(world)
    for one in (*items_of(kind, resource), *(resource.body["properties"].get("defaultSecurityRules") or ())):
        one["etag"] = etag
    for one in items_of(kind, resource):
        one["properties"]["provisioningState"] = state


def subnets_with(world: EmulatedWorld, kind: Kind, resource_id: str) -> list[str]:
    """The ids of the subnets that have it."""
    return [
        subnet["id"]
        for network in networks.all_networks(world)
        for subnet in network.subnets
        if same_id((subnet["properties"].get(kind.link) or {}).get("id"), resource_id)
    ]


def shown(world: EmulatedWorld, kind: Kind, resource: Resource) -> Properties:
    """[SPEC] With the subnets that have it."""
    found = [{"id": one} for one in subnets_with(world, kind, resource.id)]
    return {**resource.body, "properties": {**resource.body["properties"], **({"subnets": found} if found else {})}}
