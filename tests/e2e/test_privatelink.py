"""`fix-privatelink` with the real az, in each world between nodes and a private endpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emulator.nodes import nodes_of
from emulator.reach import reach
from emulator.resolution import resolve
from emulator.worlds import catalogue
from tests.e2e.commands import CLUSTER, JSON
from tests.e2e.conftest import Ended, Station

FIX = ("aks", "kv", "fix-privatelink", *CLUSTER, "--vault", "shop-kv", "--yes", *JSON)
HOST = "shop-kv.vault.emulator.test"
REPAIRED = {
    "pl-nothing": (),
    "pl-link-only": (),
    "pl-one-way": (),
    "pl-disconnected": (),
    "pl-no-access-flag": (),
    "pl-two-zones": (),
    "pl-pools": (),
    "pl-pending": ("--approve",),
    "pl-hub": ("--accept", "hub-route"),
    "pl-two-endpoints": ("--private-endpoint", "other-pe"),
}
"""With what a person has to say for it."""
DECIDED = {
    "pl-pending": ("endpoint-state", "az keyvault private-endpoint-connection approve --id"),
    "pl-hub": ("hub-route", "--skip-peering"),
    "pl-overlap": ("networks-overlap", "az network private-endpoint create"),
    "pl-custom-dns": ("dns-servers", "az network private-dns link vnet create"),
    "pl-two-endpoints": ("endpoint-several", "--private-endpoint"),
    "pl-nsg": ("security-group", "az network nsg rule create"),
}
"""What a person has to decide, and the command for it."""


def comes_there(station: Station) -> bool:
    """Every node resolves the vault's name to a private endpoint, and reaches it."""
    world = station.emulation.world
    [cluster] = [one.id for one in world.resources.under("/", "Microsoft.ContainerService/managedClusters")]
    for node in nodes_of(world, cluster):
        said = resolve(world, node.subnet_id.partition("/subnets/")[0], HOST)
        ends = {reach(world, node.subnet_id, each).endpoint_id for each in said.addresses}
        if len(ends) != 1 or "" in ends:
            return False
    return True


def writes(station: Station) -> list[str]:
    """To Azure: pods that look, and the command that starts them, change nothing there."""
    changed = [f"{each['method']} {each['url'].partition('?')[0]}" for each in station.changes()]
    return [each for each in changed if "/pods" not in each and "/runCommand" not in each]


def pods(station: Station) -> list[str]:
    world = station.emulation.world
    [cluster] = [one.id for one in world.resources.under("/", "Microsoft.ContainerService/managedClusters")]
    keys = world.kubernetes.server(cluster).registry._etcd.keys  # type: ignore[attr-defined]  # the emulated one
    return [key for key in keys if "akskv-probe" in key]


def proved(station: Station, ended: Ended) -> None:
    assert (ended.code, ended.json["status"]) == (0, "done"), ended.output
    assert ended.json["proofs"] and all(each["status"] == 200 for each in ended.json["proofs"])
    assert comes_there(station)


@pytest.mark.parametrize(
    ("world", "via"),
    [*((world, "direct") for world in REPAIRED), ("pl-nothing", "run-command"), ("pl-pools", "run-command")],
)
def test_it_is_repaired_and_proved_and_a_second_run_writes_nothing(station: Station, world: str, via: str) -> None:
    emulation = station.start(world)
    assert not comes_there(station)
    proved(station, station.az(*FIX, *REPAIRED[world], "--via", via))
    vaults = emulation.world.resources.under("/", "Microsoft.KeyVault/vaults")
    assert [each.body["properties"]["publicNetworkAccess"] for each in vaults] == ["Disabled"]
    emulation.world.log.clear()
    proved(station, station.az(*FIX, *REPAIRED[world], "--via", via))
    assert writes(station) == []


@pytest.mark.parametrize("world", DECIDED)
def test_what_a_person_has_to_decide_is_said_and_nothing_is_changed(station: Station, world: str) -> None:
    station.start(world)
    refused = station.az(*FIX)
    assert refused.code == 4, refused.output
    code, command = DECIDED[world]
    [found] = [each for each in refused.json["findings"] if each["state"] == "error"]
    assert found["code"] == code and command in found["command"]
    assert station.changes() == []


def test_where_nothing_is_missing_it_is_proved(station: Station) -> None:
    station.start("pl-same-network")
    proved(station, station.az(*FIX))
    assert writes(station) == []


def test_what_is_another_teams_is_handed_over(station: Station) -> None:
    emulation = station.start("pl-foreign-zone")
    waiting = station.az(*FIX)
    assert (waiting.code, waiting.json["status"]) == (0, "waiting"), waiting.output
    [handed] = waiting.json["handOver"]
    assert "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write" in handed["text"]
    assert handed["command"].startswith("az network private-dns link vnet create")
    emulation.world.log.clear()
    assert station.az(*FIX).json["status"] == "waiting" and writes(station) == []


def test_a_dry_run_changes_nothing_and_draws(station: Station, tmp_path: Path) -> None:
    station.start("pl-nothing")
    drawn = tmp_path / "vault.mmd"
    rehearsed = station.az(*FIX, "--dry-run", "--diagram", str(drawn))
    assert (rehearsed.code, rehearsed.json["status"]) == (0, "dry-run"), rehearsed.output
    assert station.changes() == [] and "missing" in rehearsed.output
    assert drawn.read_text().startswith("flowchart LR\n") and "stroke-dasharray" in drawn.read_text()


def test_a_node_without_curl_proves_nothing(station: Station) -> None:
    [cluster] = catalogue.load("pl-same-network").clusters
    station.start("pl-same-network", clusters=(replace(cluster, node_tools=("getent", "nslookup", "nc")),))
    ended = station.az(*FIX)
    assert (ended.code, ended.json["status"]) == (1, "failed"), ended.output
    assert "the node has no curl" in ended.output
    skipped = station.az(*FIX, "--skip-probe")
    assert (skipped.code, skipped.json["proofs"]) == (0, []), skipped.output
