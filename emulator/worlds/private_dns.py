"""Private DNS as data of a world: zones with their records and their links to networks."""

from __future__ import annotations

from dataclasses import dataclass

VAULTCORE = "vaultcore.azure.net"
VAULT_ZONE = f"privatelink.{VAULTCORE}"
"""The private DNS zone for the private endpoints of vaults: the public cloud's [REC], which vaults also tell."""


@dataclass(frozen=True)
class Record:
    """A record set: `values` are addresses, or the one name of a CNAME. `creator` is what private endpoints write into
    the metadata of theirs; a record without was made by hand."""

    name: str
    values: tuple[str, ...]
    kind: str = "A"
    ttl: int = 10
    creator: str = ""


@dataclass(frozen=True)
class Link:
    """A link of a zone to a network: `network` is its id, or its name in the world's group."""

    name: str
    network: str
    registration: bool = False
    resolution_policy: str = "Default"


@dataclass(frozen=True)
class Zone:
    """A private DNS zone; `group` is the world's when there is none."""

    name: str
    records: tuple[Record, ...] = ()
    links: tuple[Link, ...] = ()
    group: str = ""
    subscription: str = ""
    """The first one of the world when there is none; another one must be the world's too."""
