"""The zones, record sets, links and networks that a row of private DNS presupposes and no row before it made."""

from __future__ import annotations

from typing import Any

from emulator.core.resources import Resource
from emulator.providers.ids import group_id, group_of, name_of
from emulator.providers.privatedns import links, records, zones
from emulator.providers.resources import groups
from emulator.world import EmulatedWorld
from emulator.worlds.spec import SUBSCRIPTION
from tests.emulator.traffic.recordings import Row

_ZONES = "microsoft.network/privatednszones"


class DnsPreparation:
    """Makes them with the members that the recording shows."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world

    def before(self, row: Row) -> None:
        op = row.document["op"].removeprefix("sub: ")
        if not op.startswith(_ZONES) or row.status >= 400:
            return
        if row.method in ("PUT", "PATCH") and "/virtualnetworklinks/" in op:
            self._network(row.asked)
        if row.method == "GET":
            for shown in row.fields.get("value") or [row.fields]:
                self._there(shown)
        elif op != f"{_ZONES}/{{}}" and row.status != 204:
            self._zone("/".join(row.path.split("/")[:9]), {})

    def _there(self, shown: dict[str, Any]) -> None:
        if "id" not in shown or self._world.resources.get(shown["id"]) is not None:
            return
        zone = self._zone("/".join(shown["id"].split("/")[:9]), shown)
        if shown["type"] == links.TYPE:
            self._network(shown)
            links.put(self._world, zone, shown["name"], shown, self._world.clock.now())
        elif shown["type"] != zones.ZONES:
            where = (shown["type"].rpartition("/")[2], shown["name"])
            records.put(self._world, zone, where, shown["properties"], self._world.clock.now())

    def _zone(self, path: str, shown: dict[str, Any]) -> Resource:
        wanted = zones.zone_id(SUBSCRIPTION, group_of(path), name_of(path))
        self._group(path)
        return self._world.resources.get(wanted) or zones.create(self._world, wanted, shown, self._world.clock.now())

    def _network(self, link: dict[str, Any]) -> None:
        network = link["properties"]["virtualNetwork"]["id"]
        if self._world.resources.get(network) is None:
            body = {"id": network, "name": name_of(network), "type": links.NETWORKS, "location": "westeurope"}
            self._world.resources.put(Resource(network, {**body, "properties": {}}, self._world.clock.now()))

    def _group(self, path: str) -> None:
        if self._world.resources.get(group_id(SUBSCRIPTION, group_of(path))) is None:
            groups.create(self._world, group_of(path), self._world.clock.now())
