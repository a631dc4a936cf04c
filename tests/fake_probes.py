"""What a node of tests/fakes.py sees of the vault: it follows from the networks, peerings, zones and links there."""

from __future__ import annotations

from azext_akskv.failures import GatewayError
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import lies_in, network_of
from azext_akskv.model.pools import subnets_of
from azext_akskv.model.private_dns import record_id
from azext_akskv.model.probe import ProbeOrder, ProbeReport
from tests.fake_networks import zone_of
from tests.fake_port import FakePort

PUBLIC = "20.1.2.3"


class FakeProbes(FakePort):
    def probe(self, cluster: Cluster, order: ProbeOrder) -> ProbeReport:
        self.asked("probes.probe")
        self.world.clock.sleep(10)
        blind = self.world.blind.get(order.pool)
        if isinstance(blind, GatewayError):
            raise blind
        network = self._network_of(cluster, order.pool)
        address = self._resolved(network, order.host.partition(".")[0])
        if isinstance(blind, dict):  # what the node cannot do
            return ProbeReport(order.pool, "node-0", missing=blind)
        if address is None:
            return ProbeReport(order.pool, "node-0", resolution="nxdomain")
        seen = ProbeReport(order.pool, "node-0", resolution="answer", addresses=(address,), connection="timeout")
        if address != PUBLIC and not self._reached(network, address):
            return seen
        where = "10.0.0.4" if address != PUBLIC else "20.50.60.70"
        return ProbeReport(
            order.pool,
            "node-0",
            resolution="answer",
            addresses=(address,),
            connection="open",
            certificate="good",
            status=200 if address != PUBLIC else 403,
            network_info=f"conn_type=Ipv4;addr={where};act_addr_fam=InterNetwork;",
            shown=(f"Address: {address}",),
        )

    def _network_of(self, cluster: Cluster, pool: str) -> ResourceId:
        for subnet, pools in subnets_of(cluster).items():
            if pool in pools and subnet is not None:
                return network_of(subnet)
        managed = [each for each in self.world.networks if each.group.lower() == cluster.node_resource_group.lower()]
        return managed[0]

    def _resolved(self, network: ResourceId, name: str) -> str | None:
        """By the zone that the network is linked to, which answers alone; without one in public."""
        links = [each for each in self.world.links.values() if each.network == network]
        if not links or self.world.networks[network].dns_servers:
            return PUBLIC
        record = self.world.records.get(record_id(zone_of(links[0].id), name))
        return record.addresses[0] if record else None

    def _reached(self, network: ResourceId, address: str) -> bool:
        near = self.world.networks[network]
        if lies_in(address, near.prefixes):
            return True
        side = next((each for each in near.peerings if lies_in(address, each.remote_prefixes)), None)
        far = self.world.networks.get(side.remote) if side else None
        back = far.peering_with(network) if far else None
        both = [each for each in (side, back) if each]
        return len(both) == 2 and all(each.state == "Connected" and each.access for each in both)
