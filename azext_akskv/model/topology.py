"""What stands between the nodes of a cluster and the private endpoint of a vault: networks, peerings, zones, links."""

from __future__ import annotations

from dataclasses import dataclass, field

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import RouteTable, SecurityGroup, Subnet, VirtualNetwork, network_of
from azext_akskv.model.observed import Observed
from azext_akskv.model.private_dns import AddressRecord, Link, Zone
from azext_akskv.model.private_endpoint import PrivateEndpoint, ZoneGroup
from azext_akskv.model.vault import EndpointConnection

AZURE_DNS = "168.63.129.16"
"""What a network without DNS servers of its own asks; named in a network's list it is the same. [D]"""


@dataclass(frozen=True)
class NodeSubnet:
    """Where the nodes of these pools are. Pods of the secrets provider have the node's network, and other pods leave
    with the node's address, unless their pool has a subnet for pods. [AKS docs]"""

    id: ResourceId
    pools: tuple[str, ...]
    managed: bool
    """AKS's own, in the node resource group: it goes with the cluster."""
    network: Observed[VirtualNetwork]
    security_group: Observed[SecurityGroup | None]
    route_table: Observed[RouteTable | None]
    dns_network: Observed[ResourceId | None] = field(default_factory=lambda: Observed(None))
    """Where its own DNS servers are, if it has any, as far as its network and the peered ones tell."""

    @property
    def in_network(self) -> ResourceId:
        return network_of(self.id)

    @property
    def subnet(self) -> Subnet | None:
        return self.network.value.subnet(self.id) if self.network.value else None

    @property
    def own_dns(self) -> tuple[str, ...]:
        """DNS servers that are not Azure's. Raises NotObserved."""
        return tuple(each for each in self.network.get().dns_servers if each != AZURE_DNS)


@dataclass(frozen=True)
class EndpointSeen:
    """One private endpoint of the vault, from both its ends."""

    connection: EndpointConnection
    endpoint: Observed[PrivateEndpoint | None]
    addresses: Observed[tuple[str, ...]]
    network: Observed[VirtualNetwork | None]
    zone_group: Observed[ZoneGroup | None]
    security_group: Observed[SecurityGroup | None]

    @property
    def id(self) -> ResourceId:
        """As the vault names it. Raises BadInput for what is no resource id."""
        return ResourceId.parse(self.connection.endpoint)

    @property
    def name(self) -> str:
        return self.connection.endpoint.rpartition("/")[2]

    @property
    def in_network(self) -> ResourceId | None:
        endpoint = self.endpoint.value
        return network_of(endpoint.subnet) if endpoint else None


@dataclass(frozen=True)
class ZoneSeen:
    zone: Zone
    links: Observed[tuple[Link, ...]]
    record: Observed[AddressRecord | None]
    """That of the vault."""

    @property
    def id(self) -> ResourceId:
        return self.zone.id

    def link_to(self, network: ResourceId) -> Link | None:
        """Raises NotObserved."""
        return next((each for each in self.links.get() if each.network == network), None)


@dataclass(frozen=True)
class Topology:
    """`zones` are all those of the right name that the caller may see; `misnamed` those of the wrong one that people
    take for it."""

    zone_name: str
    record_name: str
    nodes: tuple[NodeSubnet, ...]
    endpoints: tuple[EndpointSeen, ...]
    zones: Observed[tuple[ZoneSeen, ...]]
    misnamed: tuple[ResourceId, ...] = ()
    locked_down: bool = False
    """Nobody may change anything in the node resource group. [AKS docs, nrg-lockdown]"""
    shadowed: Observed[tuple[str, ...]] = field(default_factory=lambda: Observed(()))
    """Other vaults with private endpoints, which a network linked to a zone without their records does not find."""

    orphans: tuple[PrivateEndpoint, ...] = ()
    """Endpoints that were made for the vault and that it does not know any more, where it knows no other."""

    @property
    def node_networks(self) -> tuple[ResourceId, ...]:
        return tuple(dict.fromkeys(each.in_network for each in self.nodes))
