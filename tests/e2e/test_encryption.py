"""`az aks kv kms migrate-encryption` with the real az, and what follows it."""

from __future__ import annotations

from typing import Any

from emulator.worlds.spec import Delays, Vault
from tests.e2e.commands import CLUSTER, DISABLE, ENABLE, JSON, SHOW, found, steps
from tests.e2e.conftest import Ended, Station

MIGRATE = ("aks", "kv", "kms", "migrate-encryption", *CLUSTER, *JSON)
TO_PLATFORM = (*MIGRATE, "--to", "platform-managed", "--yes")
TO_CUSTOMER = (*MIGRATE, "--to", "customer-managed", "--yes")
ROTATE = ("aks", "kv", "rotate", *CLUSTER, *JSON, "--yes")
SLOW = Delays(platform_rewrite=3600.0)
"""The platform has not begun its rewrite when we do ours."""
QUICK = Delays(platform_rewrite=0.0)
KEY = "https://shop-kv.vault.emulator.test/keys/etcd"


def done(ended: Ended) -> Any:
    assert (ended.code, ended.json["status"]) == (0, "done"), ended.output
    return ended.json


def experience(station: Station) -> str:
    seen = station.az(*SHOW)
    assert seen.code == 0, seen.output
    return str(seen.json["experience"])


def test_legacy_to_the_platforms_key(station: Station) -> None:
    emulation = station.start("modern-legacy", secrets=4, delays=SLOW)
    before = station.key_in_arm()
    ended = station.az(*TO_PLATFORM)
    result = done(ended)
    assert result["secrets"]["rewritten"] == 4 and result["secrets"]["proved"] is True
    assert "no way back" in ended.output and any(before in each for each in result["keep"])
    assert experience(station) == "platform-managed" and station.stored_under() != {before}
    assert station.stale() == [] and emulation.verdict()["ok"]
    assert {each["state"] for each in done(station.az(*TO_PLATFORM))["steps"]} == {"already"}
    refused = station.az(*DISABLE)
    assert refused.code == 4 and "not-legacy" in found(refused, "error")


def test_legacy_to_the_customers_key_without_its_version(station: Station) -> None:
    emulation = station.start("modern-legacy", secrets=4, delays=SLOW)
    result = done(station.az(*TO_CUSTOMER))
    assert result["secrets"]["rewritten"] == 4 and result["secrets"]["proved"] is True
    assert station.key_in_arm() == KEY and experience(station) == "customer-managed"
    assert station.stale() == [] and emulation.verdict()["ok"]


def test_a_platform_that_was_faster_is_told_apart_from_a_rewrite(station: Station) -> None:
    emulation = station.start("modern-legacy", secrets=4, delays=QUICK)
    result = done(station.az(*TO_PLATFORM))
    assert (result["secrets"]["rewritten"], result["secrets"]["current"]) == (0, 4)
    assert result["secrets"]["proved"] is True, result["secrets"]["why"]
    assert emulation.verdict()["ok"]


def test_none_to_the_customers_key_of_a_closed_vault(station: Station) -> None:
    closed = Vault(public_network_access="Disabled", default_action="Deny", bypass="None")
    emulation = station.start("modern", secrets=4, delays=SLOW, vaults=(closed,))
    enable = (*ENABLE, "--key-management", "customer-managed")
    ended = station.az(*enable)
    assert done(ended)["flow"] == "migrate-encryption" and ended.json["secrets"]["proved"] is True
    assert station.vault()["networkAcls"]["bypass"] == "AzureServices"
    assert station.vault()["publicNetworkAccess"] == "Disabled" and experience(station) == "customer-managed"
    assert emulation.verdict()["ok"]


def test_a_newer_version_of_the_customers_key_is_waited_for(station: Station) -> None:
    emulation = station.start("modern-customer", secrets=4)
    first = station.az(*ROTATE)
    assert (first.code, first.json["status"]) == (0, "waiting"), first.output
    assert "run again after 6 h" in first.output
    versions = emulation.world.keyvault.key("shop-kv.vault.emulator.test", "etcd").versions
    station.forget_journal()
    again = station.az(*ROTATE)
    assert (again.code, again.json["status"], len(versions)) == (0, "waiting", 2), again.output
    emulation.world.clock.advance(6.1 * 3600)
    assert station.az("aks", "list", *JSON).code == 0  # the world goes on with the next request
    emulation.world.clock.advance(60)
    assert done(station.az(*ROTATE)) and emulation.verdict()["ok"]


def test_the_platforms_key_needs_no_rotation(station: Station) -> None:
    station.start("modern-platform", secrets=2)
    ended = station.az(*ROTATE)
    assert done(ended)["steps"] == [] and "there is nothing to do" in ended.output
    assert not station.changes()


def test_a_dry_run_changes_nothing_and_the_way_is_checked(station: Station) -> None:
    station.start("modern-legacy", secrets=2)
    dry = station.az(*MIGRATE, "--to", "customer-managed", "--dry-run")
    assert (dry.code, dry.json["status"], steps(dry)["turn-on-encryption"]) == (0, "dry-run", "planned"), dry.output
    versioned = station.az(*TO_CUSTOMER, "--key", station.key_in_arm())
    assert versioned.code == 4 and "key-versioned" in found(versioned, "error")
    assert not station.changes()
    station.start("kms-noted", secrets=2)
    early = station.az(*TO_PLATFORM)
    assert early.code == 4 and "encryption-way" in found(early, "error") and not station.changes()
