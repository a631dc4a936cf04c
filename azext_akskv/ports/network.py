"""What may be asked of Microsoft.Network."""

from __future__ import annotations

from typing import Protocol

from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import Peering, RouteTable, SecurityGroup, VirtualNetwork
from azext_akskv.model.private_dns import AddressRecord, Link, Zone
from azext_akskv.model.private_endpoint import PrivateEndpoint, ZoneGroup
from azext_akskv.model.probe import ProbeOrder, ProbeReport
from azext_akskv.ports.azure import Watch
from azext_akskv.ports.mark import writes


class Networks(Protocol):
    """Virtual networks and private endpoints. All raise GatewayError; a read of what is not there raises Missing;
    anything in a subscription that az's login does not have raises Denied `NotSignedIn`.

    Writes are of child resources only: the PUT of a network repeats its peerings, for which the caller needs rights on
    every remote network. [ISS Azure/azure-powershell#13544] They return when the operation has ended, and raise
    OperationFailed when it ended badly, Conflict with AnotherOperationInProgress while another one runs.
    """

    def get(self, network: ResourceId) -> VirtualNetwork: ...

    def in_group(self, subscription: str, group: str) -> list[VirtualNetwork]: ...

    def in_subscription(self, subscription: str) -> list[VirtualNetwork]: ...

    def security_group(self, group: ResourceId) -> SecurityGroup: ...

    def route_table(self, table: ResourceId) -> RouteTable: ...

    def endpoint(self, endpoint: ResourceId) -> PrivateEndpoint: ...

    def endpoints_in(self, subscription: str) -> list[PrivateEndpoint]: ...

    def addresses(self, interface: ResourceId) -> tuple[str, ...]:
        """The private addresses of a network interface."""

    def zone_group(self, endpoint: ResourceId) -> ZoneGroup | None: ...

    @writes
    def peer(self, name: ResourceId, remote: ResourceId, watch: Watch) -> None:
        """A new side of a pair, with allowVirtualNetworkAccess and everything else off; `name` is the peering's id."""

    @writes
    def again(self, peering: Peering, watch: Watch) -> None:
        """Puts a side that is there once more, as it is, but with allowVirtualNetworkAccess: a Disconnected one becomes
        Initiated, or Connected where the other side waits. [ISS][D]"""

    @writes
    def sync(self, peering: Peering, watch: Watch) -> None:
        """Takes over the remote network's address space as it is now (`syncRemoteAddressSpace`), and changes nothing
        else. [SPEC][REC]"""

    @writes
    def put_in_zone(self, endpoint: ResourceId, group: ZoneGroup | None, zone: ResourceId, watch: Watch) -> None:
        """Has the platform keep the endpoint's record in a zone, too: a new zone group, or one config more in that
        which is there, under its own name."""


class PrivateZones(Protocol):
    """Private DNS. All raise GatewayError; a read of what is not there raises Missing."""

    def named(self, subscription: str, name: str) -> list[Zone]:
        """All zones of that name in a subscription that the caller may see."""

    def get(self, zone: ResourceId) -> Zone: ...

    def links(self, zone: ResourceId) -> list[Link]: ...

    def record(self, zone: ResourceId, name: str) -> AddressRecord:
        """The A record set of that name."""

    def records(self, zone: ResourceId) -> list[AddressRecord]:
        """All A record sets."""

    @writes
    def create(self, zone: ResourceId, tags: dict[str, str], watch: Watch) -> None:
        """Raises Conflict where there is one by now (If-None-Match)."""

    @writes
    def link(self, link: ResourceId, network: ResourceId, policy: str, watch: Watch) -> None:
        """Links the zone to a network, without registration; `policy` is a resolution policy, or empty for the
        default. Raises Conflict where the link is there by now, or the network is linked to the zone by another name;
        Rejected or OperationFailed `BadRequest` where the network is linked to another zone of that name; Rejected
        where the cloud does not know policies yet."""

    @writes
    def put_record(self, zone: ResourceId, name: str, address: str, seen: AddressRecord | None) -> None:
        """An A record of one address; with If-Match where one was seen, If-None-Match where there was none.

        Raises Conflict when it is another one by now."""


class Probes(Protocol):
    """Looks at the network from the nodes of the cluster, in a pod with the node's network."""

    @writes
    def probe(self, cluster: Cluster, order: ProbeOrder) -> ProbeReport:
        """One pod on a node of the pool, which ends by itself and is deleted afterwards. Raises GatewayError when it
        could not be run."""
