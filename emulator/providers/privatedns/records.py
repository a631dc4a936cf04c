"""Record sets: the documents, and what a request for one must not say."""

from __future__ import annotations

import copy
import ipaddress
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import name_of
from emulator.providers.privatedns.refusals import bad_request
from emulator.providers.privatedns.zones import ZONES

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

MEMBERS = {
    "A": "aRecords",
    "AAAA": "aaaaRecords",
    "CNAME": "cnameRecord",
    "MX": "mxRecords",
    "PTR": "ptrRecords",
    "SOA": "soaRecord",
    "SRV": "srvRecords",
    "TXT": "txtRecords",
}
"""[REC] Where each type has its records. Those of one record only (`...Record`) are absent when there is none."""
_MOST = 20
"""[D] Records in a set."""
_TTL = range(2**31)


def record_id(zone: Resource, record_type: str, name: str) -> str:
    """Names in lower case [INF from links, whose names are]; `@` is the zone itself."""
    return f"{zone.id}/{record_type}/{name.lower()}"


def put(
    world: EmulatedWorld, zone: Resource, where: tuple[str, str], asked: Mapping[str, Any], created: datetime
) -> Resource:
    """Creates or replaces a set, `where` its type and name, from the `properties` of a PUT [REC].

    Raises Refusal: 400 BadRequest.
    """
    record_type, name = where
    refuse_bad(record_type, asked)
    new_id, member = record_id(zone, record_type, name), MEMBERS[record_type]
    properties: dict[str, Any] = {}
    if asked.get("metadata"):
        properties["metadata"] = dict(asked["metadata"])
    properties["fqdn"] = f"{zone.body['name']}." if name == "@" else f"{name.lower()}.{zone.body['name']}."
    properties["ttl"] = asked["ttl"]
    records = asked.get(member) or ([] if member.endswith("s") else None)
    if records is not None:
        properties[member] = copy.deepcopy(records)
    properties["isAutoRegistered"] = False
    head = {"id": new_id, "name": name_of(new_id), "type": f"{ZONES}/{record_type}", "etag": world.ids.next("etag")}
    existing = world.resources.get(new_id)
    made = Resource(new_id, {**head, "properties": properties}, existing.created if existing else created)
    return world.resources.put(made)


def refuse_bad(record_type: str, asked: Mapping[str, Any]) -> None:
    """Raises Refusal: 400 BadRequest, for what no record set can be [INF: the texts]."""
    ttl, records = asked.get("ttl"), asked.get(MEMBERS[record_type])
    if not isinstance(ttl, int) or ttl not in _TTL:
        raise bad_request("The TTL of a record set is a number of seconds from 0 to 2147483647.")
    if isinstance(records, list) and len(records) > _MOST:
        raise bad_request(f"A record set has at most {_MOST} records.")
    if record_type in ("A", "AAAA"):
        for record in records or []:
            _refuse_bad_address(record_type, record)


def _refuse_bad_address(record_type: str, record: Mapping[str, Any]) -> None:
    member, version = {"A": ("ipv4Address", 4), "AAAA": ("ipv6Address", 6)}[record_type]
    value = str(record.get(member))
    try:
        good = ipaddress.ip_address(value).version == version
    except ValueError:
        good = False
    if not good:
        raise bad_request(f"The value '{value}' is not a valid {member} of a record set of type {record_type}.")
