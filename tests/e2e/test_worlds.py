"""The whole story of a cluster in every world: dry run, on, on again, off, seen from outside by the emulation."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Station

CLUSTER = ("-g", "shop-rg", "-n", "shop")
ENABLE = ("aks", "kv", "kms", "enable", *CLUSTER, "--vault", "shop-kv", "--key", "etcd", "-o", "json")
DISABLE = ("aks", "kv", "kms", "disable", *CLUSTER, "--yes", "-o", "json")
SHOW = ("aks", "kv", "kms", "show", *CLUSTER, "-o", "json")
SIMPLE = ("demo", "public-rbac", "public-policy", "private-vnet", "entra-only")


def enabled(station: Station, *more: str) -> None:
    """KMS is on, every secret is stored under the key, and that is proved."""
    done = station.az(*ENABLE, "--yes", *more)
    assert done.code == 0, done.output
    assert (done.json["status"], done.json["secrets"]["proved"]) == ("done", True), done.output
    assert done.json["secrets"]["rewritten"] == 300
    assert station.stale() == [] and station.stored_under() == {station.key_in_arm()}


@pytest.mark.parametrize("world", SIMPLE)
def test_a_dry_run_changes_nothing(station: Station, world: str) -> None:
    station.start(world)
    rehearsed = station.az(*ENABLE, "--dry-run")
    assert rehearsed.code == 0, rehearsed.output
    assert rehearsed.json["status"] == "dry-run"
    assert {step["state"] for step in rehearsed.json["steps"]} >= {"planned"}
    assert station.changes() == []


@pytest.mark.parametrize("world", SIMPLE)
def test_on_and_on_again_and_off(station: Station, world: str) -> None:
    emulation = station.start(world)
    before = station.az(*SHOW).json
    assert (before["experience"], before["key"], before["rewriteOwed"]) == ("never", None, False)
    enabled(station)

    shown = station.az(*SHOW)
    assert shown.code == 0, shown.output
    mode = "Private" if world == "private-vnet" else "Public"
    assert shown.json["experience"] == "legacy-v2" and shown.json["rewriteOwed"] is False
    assert shown.json["key"]["id"] == station.key_in_arm()
    assert shown.json["networkAccess"] == {"declared": mode, "vault": mode}

    emulation.world.log.clear()
    again = station.az(*ENABLE, "--yes")
    assert again.code == 0, again.output
    assert {step["state"] for step in again.json["steps"]} == {"already"}
    assert station.changes() == []

    key = station.key_in_arm()
    off = station.az(*DISABLE)
    assert off.code == 0, off.output
    assert off.json["secrets"]["proved"] is True and station.stale() == [] and station.stored_under() == {"plain"}
    assert any(key in text for text in off.json["keep"])
    after = station.az(*SHOW).json
    assert (after["experience"], after["rewriteOwed"]) == ("off", False)
    assert emulation.verdict()["ok"]


def test_what_is_missing_is_made_and_used(station: Station) -> None:
    """A new vault belongs to the cluster's tenant, which only the login tells for a user-assigned identity."""
    emulation = station.start("public-rbac", secrets=6)
    create = (*ENABLE, "--vault", "brand-new-kv", "--key", "fresh")
    missing = station.az(*create, "--yes")
    assert missing.code == 3 and station.changes() == [], missing.output
    done = station.az(*create, "--create", "--yes")
    assert (done.code, done.json["status"]) == (0, "done"), done.output
    assert done.json["secrets"]["proved"] is True
    assert "brand-new-kv" in station.key_in_arm() and station.stored_under() == {station.key_in_arm()}
    again = station.az(*create, "--create", "--yes").json
    assert {step["state"] for step in again["steps"]} == {"already"} and emulation.verdict()["ok"]


def test_kms_on_is_proved_by_metrics_then_turned_off(station: Station) -> None:
    """KMS was turned on by other means: nothing to rewrite, and the API server's own metrics are the proof."""
    emulation = station.start("kms-on")
    assert station.az(*SHOW).json["rewriteOwed"] is None
    first = station.az(*ENABLE, "--yes")
    assert first.code == 0, first.output
    assert first.json["secrets"]["proved"] is True and first.json["secrets"]["rewritten"] == 0
    emulation.world.log.clear()
    again = station.az(*ENABLE, "--yes").json
    assert {step["state"] for step in again["steps"]} == {"already"} and station.changes() == []
    off = station.az(*DISABLE)
    assert off.code == 0, off.output
    assert station.stored_under() == {"plain"} and emulation.verdict()["ok"]


def test_a_system_assigned_identity_is_changed_first_and_kms_hours_later(station: Station) -> None:
    emulation = station.start("system-identity")
    refused = station.az(*ENABLE, "--yes")
    assert refused.code == 4 and station.changes() == [], refused.output
    assert "identity-kind" in {each["code"] for each in refused.json["findings"] if each["state"] == "error"}

    first = station.az(*ENABLE, "--yes", "--identity", "shop-id")
    assert (first.code, first.json["status"]) == (0, "waiting"), first.output
    assert "run again after" in first.output
    early = station.az(*ENABLE, "--yes", "--identity", "shop-id")
    assert (early.code, early.json["status"]) == (0, "waiting"), early.output
    assert "identity-just-switched" in early.output

    emulation.server.call(lambda: emulation.world.clock.advance(9 * 3600))
    enabled(station, "--identity", "shop-id")


REFUSALS = {
    "no-such-cluster": (3, ("-n", "nowhere")),
    "no-such-vault": (3, ("--vault", "nowhere-kv")),
    "no-such-key": (3, ("--key", "nothing")),
    "malformed-key": (2, ("--key", "https://shop-kv.vault.emulator.test/secrets/etcd/1")),
    "malformed-vault": (2, ("--vault", "/subscriptions/x/resourceGroups/y")),
    "no-terminal": (2, ()),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_changes_nothing(station: Station, name: str) -> None:
    station.start("public-rbac", secrets=4)
    code, more = REFUSALS[name]
    refused = station.az(*ENABLE, *more, *(() if name == "no-terminal" else ("--yes",)))
    assert refused.code == code, refused.output
    assert "Traceback" not in refused.output
    assert station.changes() == []
