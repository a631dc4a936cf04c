"""What a node of the cluster sees of a vault: name, connection, certificate, and how its requests arrive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ProbeOrder:
    """One look, from one node of a pool. `address` is the private endpoint's, to be tried past name resolution; empty:
    not known."""

    pool: str
    host: str
    address: str = ""


@dataclass(frozen=True)
class ProbeReport:
    """`missing` says of what could not be tried why not, by the name of its field. What is in it is unknown, never
    fine."""

    pool: str
    node: str
    dns_servers: tuple[str, ...] = ()
    """Those in the node's resolv.conf."""
    resolution: str = ""
    """`answer`; `nxdomain`, `nodata` (the name is there without an address), `servfail`, `refused` or `timeout`: what a
    DNS server says; or `unresolved`: the C library finds no address, and no server says why, or one even gives it."""
    names: tuple[str, ...] = ()
    """The canonical names on the way, in their order."""
    addresses: tuple[str, ...] = ()
    """Those that programs get, from the C library; a server's, where there is no getent to ask it."""
    server_addresses: tuple[str, ...] = ()
    """Those that a DNS server gives to dig, nslookup or host."""
    connection: str = ""
    """TCP 443 by the vault's name: `open`, `refused` (turned away at once; not every curl says how), `timeout`, or
    `unreachable`: the node or somebody on the way has no route. `open` proves little: a proxy takes every
    connection."""
    past_dns: str = ""
    """The same to the private endpoint's address; empty where that is not known."""
    past_dns_network_info: str = ""
    """`network_info` as that address answers; empty: no vault answered there."""
    certificate: str = ""
    """`good`, `bad` (not for the vault's name, or of nobody trusted), `broken` (the handshake was broken off), or
    `silent`: connected, and nothing came in the handshake."""
    status: int | None = None
    """Of the unauthenticated request to /healthstatus."""
    network_info: str = ""
    """`x-ms-keyvault-network-info` of its answer; empty: not a vault that answered."""
    missing: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    """The lines that nslookup and nc printed, for the story."""
