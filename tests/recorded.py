"""Bodies of clusters, vaults and keys in the recorded traffic, where it lies beside the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.emulator.traffic.comparison import keys_of
from tests.emulator.traffic.recordings import FOLDER, Row, areas, rows_of

Json = dict[str, Any]

CLUSTERS, VAULTS = "Microsoft.ContainerService/managedClusters", "Microsoft.KeyVault/vaults"
COUNTS = {
    **{"clusters": 431, "requests for clusters": 172, "pairs of GET and PUT": 38, "vaults": 156, "keys": 84},
    **{"networks": 166, "subnets": 241, "peerings": 21, "endpoints": 33, "interfaces": 3, "zone groups": 11},
    **{"zones": 48, "links": 28, "A records": 36},
}
"""How many there are."""


def needs(what: str) -> pytest.MarkDecorator:
    """Skips a test where the recordings are not, and says how many bodies it would have read."""
    reason = f"not run: {COUNTS[what]} recorded {what} would be read, if they lay beside the checkout"
    return pytest.mark.skipif(not FOLDER.is_dir(), reason=reason)


@cache
def recordings() -> dict[str, tuple[Row, ...]]:
    """The rows of each cassette in their order, those that stand in two files once."""
    cassettes: dict[str, dict[int, Row]] = {}
    for area in areas():
        for row in rows_of(area):
            cassettes.setdefault(row.cassette, {}).setdefault(row.index, row)
    return {name: tuple(rows[index] for index in sorted(rows)) for name, rows in cassettes.items()}


def bodies(kind: str) -> list[Json]:
    """Every answered resource of a type, alone or in a list."""
    rows = (row for rows in recordings().values() for row in rows if row.status < 300)
    return [found for row in rows for found in _resources(row.answered, kind.lower())]


def _resources(value: Any, kind: str) -> Iterator[Json]:
    if isinstance(value, list):
        for item in value:
            yield from _resources(item, kind)
    elif isinstance(value, dict) and str(value.get("type", "")).lower() == kind and "properties" in value:
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _resources(member, kind)


def asked_clusters() -> list[Json]:
    """Every cluster that somebody put: a document without what only the service writes."""
    operation = "PUT microsoft.containerservice/managedclusters/{}"
    return [row.asked for rows in recordings().values() for row in rows if row.operation == operation]


def asked_zone_groups() -> list[Json]:
    """Every DNS zone group of a private endpoint that somebody put."""
    operation = "PUT microsoft.network/privateendpoints/{}/privatednszonegroups/{}"
    return [row.asked for rows in recordings().values() for row in rows if row.operation == operation]


def updates() -> list[tuple[Json, Json]]:
    """What a GET of a cluster showed, and what az put right after it."""
    pairs = []
    for rows in recordings().values():
        shown: dict[str, Json] = {}
        for row in rows:
            if row.operation == "GET microsoft.containerservice/managedclusters/{}" and row.status == 200:
                shown[row.path.lower()] = row.fields
            elif row.operation == "PUT microsoft.containerservice/managedclusters/{}" and row.path.lower() in shown:
                pairs += [(shown[row.path.lower()], row.asked)] if row.status == 200 else []
    return pairs


def key_answers() -> list[tuple[str, Json]]:
    """`bundle` or `item`, and what a vault answered about a version of a key."""
    found: list[tuple[str, Json]] = []
    for row in (row for rows in recordings().values() for row in rows if row.status == 200):
        if "/keys" not in row.path and "/deletedkeys" not in row.path:
            continue
        if "kid" in (row.fields.get("key") or {}):
            found.append(("bundle", row.fields))
        elif row.path.endswith("/versions") and isinstance(row.fields.get("value"), list):
            found += [("item", item) for item in row.fields["value"]]
    return found


def few_with_all_members(every: list[Json]) -> list[Json]:
    """A few of the bodies, in which each member of a resource and of its properties occurs that any of them has."""
    members = [{path for path in keys_of(body) if path.count(".") <= 1} for body in every]
    left: set[str] = set().union(*members)
    chosen = []
    while left:
        best = max(range(len(every)), key=lambda index: len(members[index] & left))
        left -= members[best]
        chosen.append(every[best])
    return chosen
