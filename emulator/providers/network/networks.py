"""Virtual networks: the document, which holds the subnets and the peerings, and how a PUT changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import group_id, name_of, same_id
from emulator.providers.network import addresses, subnets
from emulator.providers.network.refusals import network_error

if TYPE_CHECKING:
    from datetime import datetime

    from emulator.world import EmulatedWorld

NETWORKS = "Microsoft.Network/virtualNetworks"
_AS_SENT = ("flowTimeoutInMinutes", "ddosProtectionPlan", "bgpCommunities")


@dataclass
class Network(Resource):
    """`last_operation` is what a refusal names while the network is Updating."""

    last_operation: str = "PutVirtualNetworkOperation"

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body["properties"]
        return found

    @property
    def prefixes(self) -> list[str]:
        found: list[str] = self.properties["addressSpace"]["addressPrefixes"]
        return found

    @property
    def subnets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.properties["subnets"]
        return found

    @property
    def peerings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.properties["virtualNetworkPeerings"]
        return found

    def subnet(self, name: str) -> dict[str, Any] | None:
        return next((one for one in self.subnets if same_id(one["name"], name)), None)


def network_id(subscription: str, group: str, name: str) -> str:
    """[REC] This provider writes `resourceGroups`."""
    return f"{group_id(subscription, group)}/providers/{NETWORKS}/{name}"


def find(world: EmulatedWorld, resource_id: str) -> Network | None:
    """The network of an id, or of the id of what lies in it."""
    parts = resource_id.split("/")
    found = world.resources.get("/".join(parts[:9]))
    return found if isinstance(found, Network) else None


def all_networks(world: EmulatedWorld) -> list[Network]:
    return [one for one in world.resources.under("/", NETWORKS) if isinstance(one, Network)]


def create(world: EmulatedWorld, new_id: str, request: dict[str, Any], created: datetime, version: str = "") -> Network:
    """A new network from the body of a PUT, Updating."""
    network = Network(new_id, {"name": name_of(new_id), "id": new_id, "etag": ""}, created)
    network.body |= {"type": NETWORKS, "location": request["location"]}
    network.body["properties"] = {
        "provisioningState": "Updating",
        "resourceGuid": world.ids.uuid("network", new_id.lower()),
        "subnets": [],
        "virtualNetworkPeerings": [],
    }
    replace(world, network, request, version)
    world.resources.put(network)
    return network


def replace(world: EmulatedWorld, network: Network, request: dict[str, Any], version: str) -> None:
    """A PUT says everything, but subnets that it does not mention at all stay [D], and so do peerings [INF]."""
    asked, properties = request.get("properties") or {}, network.properties
    kept = {name: properties[name] for name in ("resourceGuid", "subnets", "virtualNetworkPeerings")}
    network.body["properties"] = properties = {
        "provisioningState": "Updating",
        "addressSpace": {"addressPrefixes": list((asked.get("addressSpace") or {})["addressPrefixes"])},
        "privateEndpointVNetPolicies": asked.get("privateEndpointVNetPolicies") or "Disabled",
        "enableDdosProtection": bool(asked.get("enableDdosProtection")),
        **kept,
        **{name: asked[name] for name in _AS_SENT if asked.get(name) is not None},
    }
    if asked.get("dhcpOptions") is not None:
        properties["dhcpOptions"] = {"dnsServers": list(asked["dhcpOptions"].get("dnsServers") or [])}
    if asked.get("encryption") is not None:
        properties["encryption"] = {"enforcement": "AllowUnencrypted", **asked["encryption"]}
    if asked.get("subnets") is not None:
        properties["subnets"] = [subnets.document(network.id, one, version) for one in asked["subnets"]]
    network.body.pop("tags", None)
    if request.get("tags") is not None:
        network.body["tags"] = dict(request["tags"])
    network.last_operation = "PutVirtualNetworkOperation"
    mark(world, network, "Updating")


def mark(world: EmulatedWorld, network: Network, state: str) -> None:
    """The network and everything in it has this provisioningState, and all have one new etag [REC]."""
    network.properties["provisioningState"] = state
    for subnet in network.subnets:
        subnets.mark(subnet, state)
    touch(world, network)


def touch(world: EmulatedWorld, network: Network) -> None:
    """[REC] The network, its subnets and its peerings share one etag."""
    etag = new_etag(world)
    network.body["etag"] = etag
    for subnet in network.subnets:
        subnets.tag(subnet, etag)
    for peering in network.peerings:
        peering["etag"] = etag


def new_etag(world: EmulatedWorld) -> str:
    """[REC] `W/"<guid>"`."""
    return f'W/"{world.ids.next("etag")}"'


def refuse_bad(new_id: str, asked: dict[str, Any], existing: Network | None) -> None:
    """Raises Refusal: 400 for address ranges and subnets that cannot be, and for half of an encryption [REC]."""
    encryption = asked.get("encryption") or {}
    if encryption.get("enabled") and not encryption.get("enforcement"):
        raise network_error(
            400,
            "MustSpecifyBothEncryptionIntentAndEnforcementPolicy",
            f"Cannot encrypt VirtualNetwork {new_id} unless both encryption intent (Enabled true or false) and "
            "enforcement policy (AllowUnencrypted or DropUnencrypted) are specified.",
        )
    prefixes = (asked.get("addressSpace") or {}).get("addressPrefixes") or []
    if not prefixes:
        message = f"Virtual network {new_id} must have at least one address prefix in its address space."
        raise network_error(400, "InvalidRequestFormat", message)
    for prefix in prefixes:
        addresses.checked(prefix, new_id)
    wanted = asked.get("subnets")
    if wanted is None:
        wanted = existing.subnets if existing else []
    subnets.refuse_bad(new_id, prefixes, wanted)
