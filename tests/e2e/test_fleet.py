"""`az aks kv kms list` with the real az, over more clusters than one page of ARM holds."""

from __future__ import annotations

import json
from collections import Counter

from emulator.worlds import fleet
from tests.e2e.commands import JSON
from tests.e2e.conftest import Station

CLUSTERS, VAULTS = 120, 4


def test_pages_are_followed_and_each_vault_and_key_is_read_once(station: Station) -> None:
    clusters = tuple(
        fleet.cluster(number * fleet.VAULTS + number % VAULTS)  # the keys of so many vaults alone
        for number in range(CLUSTERS)
    )
    station.start("fleet", clusters=clusters, vaults=tuple(fleet.vault(number) for number in range(VAULTS)))
    ended = station.az("aks", "kv", "kms", "list", *JSON)
    assert ended.code == 0, ended.output
    rows = json.loads(ended.output[ended.output.index("\n[\n") :])
    assert len({row["cluster"] for row in rows}) == CLUSTERS and not station.changes()
    asked = Counter(each["url"].lower().partition("?")[0] for each in station.requests() if each["site"] == "arm")
    lists = [url for url in asked if url.endswith("/managedclusters")]
    assert [asked[url] for url in lists] == [2]  # two pages
    keys = [url for url in asked if "/keys/etcd" in url]
    assert len(keys) == 2 * VAULTS and {asked[url] for url in keys} == {1}
