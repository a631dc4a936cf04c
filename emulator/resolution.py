"""How names resolve inside a virtual network: its DNS servers, the private zones linked to it, the public DNS.

It reads the resources of the world and nothing else, so that nodes, pods and services can all ask it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.entra.metadata import LOGIN, VAULT_SUFFIX, VAULT_ZONE, VAULTCORE

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

AZURE_DNS = "168.63.129.16"
"""[D] What a network without DNS servers of its own asks."""
FRONT = f"data-prod-weu.{VAULTCORE}"
FRONT_ADDRESS = "20.1.2.3"
"""[OWN] The regional front of Key Vault, whose vaults all have the same public address."""
LOGIN_HOST = LOGIN.removeprefix("https://")
LOGIN_ADDRESS = "20.1.2.4"
"""[OWN] Where Entra's sign-in host is."""
_NETWORKS, _ZONES, _LINKS = (
    "Microsoft.Network/virtualNetworks",
    "Microsoft.Network/privateDnsZones",
    "virtualNetworkLinks",
)
_VAULTS = "Microsoft.KeyVault/vaults"
_LONGEST_CHAIN = 16


@dataclass(frozen=True)
class Resolution:
    """What a resolver says: canonical names in their order, the asked one not among them, and addresses. `outcome`:
    `answer`, also without an address when the name has none of this kind, `nxdomain`, `timeout` or `servfail`."""

    outcome: str
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    ttl: int = 0
    """Of the addresses, in seconds."""


@dataclass(frozen=True)
class _Step:
    """One record set on the way: where the name goes on, or its addresses."""

    alias: str = ""
    addresses: tuple[str, ...] = ()
    ttl: int = 60


_Look = Callable[[str], _Step | None]


def resolve(world: EmulatedWorld, network_id: str, name: str) -> Resolution:
    """What a machine of this network gets for the addresses of a name: of the first DNS server that answers [D].

    Raises KeyError when there is no such network.
    """
    said = Resolution("timeout")
    for server in servers_of(world, network_id):
        said = ask(world, network_id, server, name)
        if said.outcome != "timeout":
            return said
    return said


def servers_of(world: EmulatedWorld, network_id: str) -> tuple[str, ...]:
    """The network's own DNS servers, or Azure's [D]. Raises KeyError."""
    network = world.resources.get(network_id)
    if network is None:
        raise KeyError(network_id)
    options = network.body["properties"].get("dhcpOptions") or {}
    return tuple(options.get("dnsServers") or (AZURE_DNS,))


def ask(world: EmulatedWorld, network_id: str, server: str, name: str) -> Resolution:
    """What one server says to a machine of this network. [D] Own servers hand on to the Azure DNS of the network that
    they stand in, whose links then count; public ones know no private zone; nobody answers at other addresses."""
    if server == AZURE_DNS:
        return _follow(_azure(world, network_id), name)
    home = _network_around(world, network_id, server)
    if home is not None:
        return _follow(_azure(world, home.id), name)
    if ipaddress.ip_address(server).is_global:
        return _follow(lambda asked: _public(world, asked), name)
    return Resolution("timeout")


def _network_around(world: EmulatedWorld, network_id: str, server: str) -> Resource | None:
    """The network in whose address space the server stands: the asking one before others, as routes have it [INF]."""
    networks = sorted(world.resources.under("/", _NETWORKS), key=lambda one: not _same(one.id, network_id))
    return next((one for one in networks if _contains(one, server)), None)


def _contains(network: Resource, address: str) -> bool:
    space = network.body["properties"].get("addressSpace") or {}
    wanted = ipaddress.ip_address(address)
    return any(wanted in ipaddress.ip_network(one, strict=False) for one in space.get("addressPrefixes") or ())


def _follow(look: _Look, name: str) -> Resolution:
    """Goes from alias to alias to addresses; a chain without an end is a servfail."""
    names: list[str] = []
    current = normal(name)
    for _ in range(_LONGEST_CHAIN):
        step = look(current)
        if step is None:
            return Resolution("nxdomain", tuple(names))
        if not step.alias:
            return Resolution("answer", tuple(names), step.addresses, step.ttl)
        current = normal(step.alias)
        names.append(current)
    return Resolution("servfail")


def normal(name: str) -> str:
    """`Shop-kv.vault.azure.net.` -> `shop-kv.vault.azure.net`."""
    return name.lower().rstrip(".")


def _azure(world: EmulatedWorld, network_id: str) -> _Look:
    """168.63.129.16 as this network sees it."""
    linked = _linked_zones(world, network_id)

    def look(name: str) -> _Step | None:
        """[D] The zone with the longest suffix decides alone; a name that it does not have is not looked for
        elsewhere, unless its link says NxDomainRedirect."""
        zone, link = next(((zone, link) for zone, link in linked if _is_in(name, zone)), (None, None))
        if zone is None or link is None:
            return _public(world, name)
        found = _private(world, zone, name)
        redirects = link.body["properties"].get("resolutionPolicy") == "NxDomainRedirect"
        return _public(world, name) if found is None and redirects and _is_for_private_link(zone) else found

    return look


def _linked_zones(world: EmulatedWorld, network_id: str) -> list[tuple[Resource, Resource]]:
    """Zones and their links to this network, the longest name first."""
    pairs = [
        (zone, link)
        for zone in world.resources.under("/", _ZONES)
        for link in world.resources.children(zone.id, _LINKS)
        if _same(link.body["properties"]["virtualNetwork"]["id"], network_id)
    ]
    return sorted(pairs, key=lambda pair: -len(pair[0].body["name"]))


def _is_in(name: str, zone: Resource) -> bool:
    suffix = normal(zone.body["name"])
    return name == suffix or name.endswith(f".{suffix}")


def _is_for_private_link(zone: Resource) -> bool:
    return "privatelink" in normal(zone.body["name"]).split(".")


def _private(world: EmulatedWorld, zone: Resource, name: str) -> _Step | None:
    """The record set of a name, or of the wildcard over it; a name with record sets of other types has no address."""
    relative = name[: -len(zone.body["name"])].rstrip(".") or "@"
    for candidate in _candidates(relative):
        if (found := _record(world, zone, "A", candidate)) is not None:
            addresses = [record["ipv4Address"] for record in found.get("aRecords") or ()]
            return _Step(addresses=tuple(addresses), ttl=found["ttl"])
        alias = (_record(world, zone, "CNAME", candidate) or {}).get("cnameRecord") or {}
        if alias.get("cname"):
            return _Step(alias["cname"])
        if any(_record(world, zone, other, candidate) for other in ("AAAA", "MX", "PTR", "SOA", "SRV", "TXT")):
            return _Step()
    return None


def _candidates(relative: str) -> Sequence[str]:
    """[RFC] `a.b` -> `a.b`, `*.b`, `*`: a wildcard stands for any number of labels."""
    labels = relative.split(".")
    wildcards = [".".join(("*", *labels[place:])) for place in range(1, len(labels) + 1)]
    return (relative, *wildcards) if relative != "@" else (relative,)


def _record(world: EmulatedWorld, zone: Resource, record_type: str, name: str) -> dict[str, Any] | None:
    found = world.resources.get(f"{zone.id}/{record_type}/{name}")
    return found.body["properties"] if found is not None else None


def _public(world: EmulatedWorld, name: str) -> _Step | None:
    """The public DNS of this cloud: its vaults, and where people and programs sign in. [D] A vault's name leads to the
    one for private link only while the vault has an approved connection; both lead to the regional front."""
    if name == FRONT:
        return _Step(addresses=(FRONT_ADDRESS,))
    if name == LOGIN_HOST:
        return _Step(addresses=(LOGIN_ADDRESS,))
    label, _, suffix = name.partition(".")
    vault = _vault(world, label) if suffix in (VAULT_SUFFIX, VAULT_ZONE) else None
    if vault is None:
        return None
    approved = _is_approved(vault)
    if suffix == VAULT_SUFFIX:
        return _Step(f"{label}.{VAULT_ZONE}" if approved else FRONT)
    return _Step(FRONT) if approved else None


def _vault(world: EmulatedWorld, name: str) -> Resource | None:
    """The living vault of this name: a deleted one is in no public DNS [INF], a new one not at once [REC]."""
    known_since = world.clock.now() - timedelta(seconds=world.spec.delays.vault)
    vaults = (one for one in world.resources.under("/", _VAULTS) if normal(one.body["name"]) == name)
    return next((vault for vault in vaults if vault.created <= known_since), None)


def _is_approved(vault: Resource) -> bool:
    connections = vault.body["properties"].get("privateEndpointConnections") or []
    states = [one["properties"].get("privateLinkServiceConnectionState") or {} for one in connections]
    return any(state.get("status") == "Approved" for state in states)


def _same(one: str, other: str) -> bool:
    return one.rstrip("/").lower() == other.rstrip("/").lower()
