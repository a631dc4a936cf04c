"""`az aks kv kms list` against the Azure in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from azext_akskv.failures import Denied
from azext_akskv.flows.enable import ENABLE
from azext_akskv.flows.fleet import Fleet, Scope, fleet
from azext_akskv.flows.rotate import ROTATE
from azext_akskv.model.cluster import Experience
from azext_akskv.model.snapshot import Wanted
from azext_akskv.report.rows import exit_code_of_fleet, fleet_rows
from azext_akskv.report.tables import fleet_table
from azext_akskv.report.text import fleet_lines
from tests.builders import HOST, KEY, SUBSCRIPTION, cluster_json
from tests.fakes import FakeWorld, fake_ports
from tests.flows import worlds

Json = dict[str, Any]


def neighbour(name: str, raw: Json, group: str = "rg1") -> Json:
    named = raw["id"].replace("/prod", f"/{name}").replace("/rg1/", f"/{group}/")
    return {**raw, "id": named, "name": name}


def listed(world: FakeWorld, group: str = "", subscriptions: tuple[str, ...] = (SUBSCRIPTION,)) -> Fleet:
    return fleet(Scope(subscriptions, group), fake_ports(world), world.reporter, 1)


def names(found: Fleet) -> list[str]:
    return [state.cluster.name for state in found.states]


def protected(folder: Path) -> FakeWorld:
    world = worlds.public_rbac(folder)
    assert world.drive(ENABLE, Wanted("enable", "kv1", "etcd")).status == "done"
    world.calls.clear()
    return world


def test_a_cluster_of_ours_is_well_by_its_tags_alone(tmp_path: Path) -> None:
    world = protected(tmp_path)
    [state] = listed(world).states
    assert (state.experience, state.rewrite_owed) == (Experience.LEGACY_V2, False)
    assert state.key and state.key.enabled and state.key.newest == KEY.version
    assert not any(call.startswith("secrets") for call in world.calls)
    assert exit_code_of_fleet(listed(world).states, ()) == 0


def test_the_worst_comes_first(tmp_path: Path) -> None:
    world = protected(tmp_path)
    world.around.neighbours = [
        neighbour("b-never", cluster_json()),
        neighbour("a-unnoted", cluster_json(kms=KEY)),
        neighbour("z-elsewhere", cluster_json(kms=replace(KEY, host="kv9.vault.azure.net"))),
        neighbour("y-failed", {**(raw := cluster_json()), "properties": {**raw["properties"], **FAILED}}),
    ]
    found = listed(world)
    assert names(found) == ["y-failed", "z-elsewhere", "a-unnoted", "b-never", "prod"]
    assert exit_code_of_fleet(found.states, ()) == 4
    rows = fleet_rows(found.states)
    assert rows[0]["subscription"] == SUBSCRIPTION and json.dumps(rows)
    assert fleet_table(rows)[0]["Findings"] == "cluster-failed" and fleet_table(rows)[-1]["Findings"] == "none"
    [told] = fleet_lines(found.states, ())
    assert told.text == "Looked at 5 clusters: 1 with an error, 1 not wholly looked at, 1 with a warning"


FAILED = {"provisioningState": "Failed"}


def test_a_rewrite_that_is_owed_is_told_without_the_api_server(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.drive(ENABLE, Wanted("enable", "kv1", "etcd", skip_reencrypt=True))
    [state] = listed(world).states
    assert state.rewrite_owed is True
    assert [each.code for each in state.findings if each.state.value == "error"] == ["rewrite-owed"]


def test_each_vault_and_key_is_looked_at_once_however_many_share_it(tmp_path: Path) -> None:
    world = protected(tmp_path)
    world.around.neighbours = [neighbour(f"c{number}", cluster_json(kms=KEY)) for number in range(50)]
    assert len(listed(world).states) == 51
    assert [world.calls[each] for each in ("clusters.all", "vaults.all", "keys.get", "keys.versions")] == [1, 1, 1, 1]


def test_a_key_that_expired_is_an_error_also_where_kms_is_off(tmp_path: Path) -> None:
    world = FakeWorld(tmp_path, cluster=cluster_json(kms=KEY, enabled=False))
    versions = world.keys[(HOST, "etcd")]
    versions[:] = [replace(each, expires=world.clock.time) for each in versions]
    [state] = listed(world).states
    assert state.experience is Experience.OFF
    assert "key-unusable" in {each.code for each in state.findings if each.state.value == "error"}


def test_one_resource_group(tmp_path: Path) -> None:
    world = protected(tmp_path)
    world.around.neighbours = [neighbour("other", cluster_json(), group="rg2")]
    assert names(listed(world, "RG2")) == ["other"] and names(listed(world, "rg3")) == []


def test_a_subscription_that_cannot_be_listed_is_a_gap_and_no_empty_list(tmp_path: Path) -> None:
    world = protected(tmp_path)
    world.faults["clusters.all"] = [Denied("list", "AuthorizationFailed", "no")]
    found = listed(world)
    assert found.states == () and "AuthorizationFailed" in found.gaps[0]
    assert exit_code_of_fleet(found.states, found.gaps) == 5
    assert [line.text for line in fleet_lines(found.states, found.gaps)][1] == found.gaps[0]


def test_a_key_may_not_go_where_only_some_clusters_were_listed(tmp_path: Path) -> None:
    world = protected(tmp_path)
    for _ in range(2):
        world.clock.sleep(3600)
        assert world.drive(ROTATE, Wanted("rotate")).status == "done"

    def may_retire(found: Fleet) -> list[bool | None]:
        return [each.may_retire for each in found.states[0].previous_keys]

    assert may_retire(listed(world)) == [False, True]
    assert may_retire(listed(world, "rg1")) == [False, None]
