"""Ranges of addresses: how they are written, which overlap, which address is the next free one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from emulator.providers.network.refusals import network_error

Range = ipaddress.IPv4Network | ipaddress.IPv6Network
_FIRST_FREE = 4
"""[D] Azure keeps the first four addresses of a subnet, and the last."""


def checked(prefix: str, resource_id: str) -> Range:
    """Raises Refusal: 400 InvalidAddressPrefixFormat [3P], InvalidCIDRNotation [3P]."""
    try:
        loose = ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        raise network_error(
            400,
            "InvalidAddressPrefixFormat",
            f"Address prefix {prefix} of resource {resource_id} is not formatted correctly. It should follow CIDR "
            "notation, for example 10.0.0.0/24.",
        ) from None
    if prefix.partition("/")[0] != str(loose.network_address):
        raise network_error(
            400,
            "InvalidCIDRNotation",
            f"The address prefix {prefix} in resource {resource_id} has an invalid CIDR notation. For the given prefix "
            f"length, the address prefix should be {loose}.",
        )
    return loose


def overlapping(ones: Iterable[str], others: Sequence[str]) -> list[str]:
    """The prefixes of both sides that share an address, in pairs: `10.0.0.0/16`, `10.0.1.0/24`."""
    found = []
    for one in ones:
        for other in others:
            if overlap(one, other):
                found += [one, other]
    return found


def overlap(one: str, other: str) -> bool:
    first, second = ipaddress.ip_network(one, strict=False), ipaddress.ip_network(other, strict=False)
    return first.version == second.version and first.overlaps(second)


def inside(inner: str, outer: Iterable[str]) -> bool:
    """Whether one of the outer ranges holds all of the inner one."""
    small = ipaddress.ip_network(inner, strict=False)
    ranges = [ipaddress.ip_network(prefix, strict=False) for prefix in outer]
    return any(small.network_address in one and small.broadcast_address in one for one in ranges)


def usable(prefix: str) -> Iterator[str]:
    """The addresses that a subnet gives away, from .4 on."""
    subnet = ipaddress.ip_network(prefix, strict=False)
    for offset in range(_FIRST_FREE, subnet.num_addresses - 1):
        yield str(subnet[offset])


def first_free(prefix: str, taken: set[str]) -> str | None:
    return next((address for address in usable(prefix) if address not in taken), None)


def contains(prefix: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(prefix, strict=False)
