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
    """`answer`, `nxdomain`, `servfail` or `timeout`."""
    names: tuple[str, ...] = ()
    """The canonical names on the way, in their order."""
    addresses: tuple[str, ...] = ()
    connection: str = ""
    """TCP 443 by the vault's name: `open`, `refused` or `timeout`."""
    past_dns: str = ""
    """The same to the private endpoint's address; empty where that is not known."""
    certificate: str = ""
    """`good`, `bad` (not for the vault's name, or of nobody trusted), or `broken`: in the handshake."""
    status: int | None = None
    """Of the unauthenticated request to /healthstatus."""
    network_info: str = ""
    """`x-ms-keyvault-network-info` of its answer; empty: not a vault that answered."""
    missing: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    """The lines that nslookup and nc printed, for the story."""
