"""What a machine of a cluster sees of the network: its DNS servers, what names resolve to, what answers where."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from emulator.core.http import Answer, Call, Refusal
from emulator.dataplane.keyvault import routes as keyvault
from emulator.entra import sign_in
from emulator.entra.metadata import LOGIN, VAULT_SUFFIX

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

AZURE_DNS = "168.63.129.16"
NAT_ADDRESS = "20.50.60.70"
"""[OWN] What nodes come from on the internet."""
LOGIN_HOST = LOGIN.removeprefix("https://")
_VAULTS = "/providers/microsoft.keyvault/vaults/"
Peer = Literal["vault", "entra", "stranger", "silent"]
"""Who speaks TLS at an address: a vault's front, Entra, somebody with another certificate, or nobody."""


@dataclass(frozen=True)
class Place:
    """Where a container runs, and for which namespace. `service` is the address of CoreDNS; `clustered`: the
    container's resolv.conf names it and not the node's own servers."""

    subnet_id: str
    address: str
    node: str = ""
    namespace: str = "default"
    service: str = "10.0.0.10"
    clustered: bool = False


@dataclass(frozen=True)
class Lookup:
    """What came of a question: `outcome` as a Resolution has it, and which server said so; `silent` are those that had
    been asked before in vain."""

    name: str
    outcome: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    ttl: int
    server: str
    silent: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """The name at the end of the chain."""
        return self.names[-1] if self.names else self.name.rstrip(".")


class View:
    """The network from one place. `on_node`: with the node's files, after chroot."""

    def __init__(self, world: EmulatedWorld, place: Place, on_node: bool = True) -> None:
        self.world = world
        self._place = place
        self._network = place.subnet_id.rpartition("/subnets/")[0]
        self._clustered = place.clustered and not on_node

    @property
    def source(self) -> str:
        """The address of the machine."""
        return self._place.address

    @cached_property
    def servers(self) -> tuple[str, ...]:
        """Of resolv.conf."""
        return (self._place.service,) if self._clustered else self._own_servers

    @property
    def resolv_conf(self) -> str:
        """[D] That of a pod with the policy ClusterFirst, or the node's own."""
        if self._clustered:
            search = f"search {self._place.namespace}.svc.cluster.local svc.cluster.local cluster.local\n"
            return f"{search}nameserver {self._place.service}\noptions ndots:5\n"
        servers = "".join(f"nameserver {server}\n" for server in self.servers)
        return f"{servers}search {self.world.ids.uuid('internal')[:8]}.ax.internal.cloudapp.net\n"

    def look_up(self, name: str, server: str = "") -> Lookup:
        """Asks one server, or those of resolv.conf, one after the other until one answers [D]."""
        silent: list[str] = []
        for asked in (server,) if server else self.servers:
            found = self._asked(name, asked)
            if found.outcome != "timeout":
                return Lookup(name, found.outcome, found.names, found.addresses, found.ttl, asked, tuple(silent))
            silent.append(asked)
        return Lookup(name, "timeout", (), (), 0, "", tuple(silent))

    def reach(self, address: str, port: int = 443) -> str:
        """connected, timeout or refused."""
        if not self._known:
            return "connected" if ipaddress.ip_address(address).is_global else "timeout"
        return self.world.reach(self._place.subnet_id, address, port).outcome

    def peer(self, address: str) -> Peer:
        """Who speaks TLS at an address that is reached."""
        if address == self.world.vault_front:
            return "vault"
        if address == self.world.login_front:
            return "entra"
        endpoint = self.world.resources.get(self._endpoint(address))
        if endpoint is None:
            return "silent"
        properties = endpoint.body["properties"]
        links = [*properties["privateLinkServiceConnections"], *properties["manualPrivateLinkServiceConnections"]]
        targets = [str(link["properties"]["privateLinkServiceId"]).lower() for link in links]
        return "vault" if any(_VAULTS in target for target in targets) else "stranger"

    def certified(self, host: str, peer: Peer) -> bool:
        """[D] Whether the certificate of a vault, or of Entra, names this host: the wildcard stands for one label."""
        label, _, suffix = host.lower().partition(".")
        return host.lower() == LOGIN_HOST if peer == "entra" else bool(label) and suffix == VAULT_SUFFIX

    def ask(self, address: str, call: Call) -> Answer:
        """A request to a vault, or to Entra, over the address that its name was believed to have."""
        call.endpoint_id = self._endpoint(address)
        call.source = self._place.address if call.endpoint_id else NAT_ADDRESS
        try:
            return sign_in.answer(call) if self.peer(address) == "entra" else keyvault.answer(call)
        except Refusal as refusal:
            return refusal.answer

    @property
    def _known(self) -> bool:
        return self.world.resources.get(self._network) is not None

    @cached_property
    def _own_servers(self) -> tuple[str, ...]:
        return self.world.dns_servers(self._network) if self._known else (AZURE_DNS,)

    def _endpoint(self, address: str) -> str:
        return self.world.reach(self._place.subnet_id, address).endpoint_id if self._known else ""

    def _asked(self, name: str, server: str) -> Lookup:
        """[OWN] CoreDNS says what the node's own servers say."""
        if server == self._place.service and server not in self._own_servers:
            for own in self._own_servers:
                found = self._asked(name, own)
                if found.outcome != "timeout":
                    return found
            return Lookup(name, "servfail", (), (), 0, server)  # [SRC] CoreDNS gives up before its client does
        try:
            ipaddress.ip_address(server)
        except ValueError:
            return Lookup(name, "timeout", (), (), 0, server)
        said = self.world.ask_dns(self._network, server, name)
        return Lookup(name, said.outcome, said.names, said.addresses, said.ttl, server)


def literal(host: str) -> bool:
    """Whether it is an address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
