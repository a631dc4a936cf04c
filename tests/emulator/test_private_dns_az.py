"""Private DNS as stock az works with it."""

from __future__ import annotations

from typing import Any

from emulator.emulation import Emulation
from emulator.resolution import resolve
from emulator.worlds.spec import Delays
from tests.emulator.conftest import Running, StockAz
from tests.emulator.dns_client import NET, ZONE_NAME, put_network

_IN_ZONE = ("-g", "shop-rg", "-z", ZONE_NAME)


def _json(az: StockAz, emulation: Emulation, command: str, *more: str) -> Any:
    done = az(emulation, "network", "private-dns", *command.split(), *more, "-o", "json", "--only-show-errors")
    assert done.code == 0, done.output
    return done.json


def test_stock_az_makes_a_zone_links_it_and_puts_a_record_into_it(running: Running, az: StockAz) -> None:
    emulation = running(delays=Delays(update=0.2, retry_after=0.1))
    put_network(emulation.world, NET, "10.224.0.0/12")
    zone = _json(az, emulation, "zone create", "-g", "shop-rg", "-n", ZONE_NAME)
    assert (zone["name"], zone["numberOfRecordSets"], zone["provisioningState"]) == (ZONE_NAME, 1, "Succeeded")
    link = _json(az, emulation, "link vnet create", *_IN_ZONE, "-n", "nodes", "-v", NET, "-e", "false")
    assert (link["virtualNetworkLinkState"], link["resolutionPolicy"]) == ("Completed", "Default")
    record = _json(az, emulation, "record-set a add-record", *_IN_ZONE, "-n", "shop-kv", "-a", "10.0.0.4")
    assert (record["fqdn"], record["aRecords"]) == (f"shop-kv.{ZONE_NAME}.", [{"ipv4Address": "10.0.0.4"}])
    assert resolve(emulation.world, NET, f"shop-kv.{ZONE_NAME}").addresses == ("10.0.0.4",)
