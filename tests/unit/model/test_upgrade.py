"""The way to a version is read off what AKS offers."""

from __future__ import annotations

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.upgrade import (
    Offer,
    parse_upgrades,
    parse_versions,
    pools_behind,
    pools_of,
    way_to,
    with_control_plane_at,
    with_node_pools_at,
)
from tests.builders import a_cluster

REGION = {
    "1.26.12": ("1.27.9", "1.27.16"),
    "1.27.9": ("1.27.16", "1.28.12"),
    "1.27.16": ("1.28.12", "1.28.15"),
    "1.28.12": ("1.28.15", "1.29.9"),
    "1.28.15": ("1.29.9",),
    "1.29.9": (),
}
OFFER = Offer(("1.26.12",), REGION)


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        ("", ("1.26.12", "1.27.16")),
        ("1.27", ("1.26.12", "1.27.16")),
        ("1.27.9", ("1.26.12", "1.27.9")),
        ("1.28", ("1.26.12", "1.27.16", "1.28.15")),
        ("1.29", ("1.26.12", "1.27.16", "1.28.15", "1.29.9")),
        ("1.30", None),
        ("1.27.99", None),
    ],
)
def test_the_shortest_way_over_the_newest_patches(asked: str, way: tuple[str, ...] | None) -> None:
    assert way_to("1.25.15", OFFER, asked) == way


def test_a_cluster_out_of_support_is_offered_more() -> None:
    assert way_to("1.24.9", Offer(("1.28.12",), {"1.28.12": ("1.29.9",), "1.29.9": ()}), "") == ("1.28.12",)


def test_a_patch_that_leads_nowhere_is_passed_by() -> None:
    offer = Offer(("1.27.9", "1.27.16"), {"1.27.9": ("1.28.12",), "1.27.16": (), "1.28.12": ()})
    assert way_to("1.26.12", offer, "1.28") == ("1.27.9", "1.28.12")


def test_it_is_there_already() -> None:
    assert way_to("1.27.9", OFFER, "") == () and way_to("1.27.9", OFFER, "1.27") == ()
    assert way_to("1.29.9", OFFER, "") == ()  # whatever else the region offers, it has KMS v2


def test_previews_are_left_out() -> None:
    profile = {"upgrades": [{"kubernetesVersion": "1.27.9"}, {"kubernetesVersion": "1.28.0", "isPreview": True}]}
    assert parse_upgrades({"properties": {"controlPlaneProfile": profile}}) == ("1.27.9",)
    assert parse_upgrades({"properties": {"controlPlaneProfile": {"upgrades": None}}}) == ()
    minor = {"version": "1.27", "patchVersions": {"1.27.9": {"upgrades": ["1.27.16"]}}}
    assert parse_versions({"values": [minor, {**minor, "isPreview": True}]}) == {"1.27.9": ("1.27.16",)}


@pytest.mark.parametrize("raw", [[], {"values": [1]}, {"values": [{"patchVersions": {"1.27.9": {"upgrades": [1]}}}]}])
def test_what_is_no_list_of_versions_is_bad_input(raw: object) -> None:
    with pytest.raises(BadInput):
        parse_versions(raw)  # type: ignore[arg-type]  # that is the point


def test_pools_and_the_bodies_that_upgrade() -> None:
    pools = [
        {"name": "a", "count": 3, "orchestratorVersion": "1.27.16", "currentOrchestratorVersion": "1.26.12"},
        {"name": "b", "count": 1, "orchestratorVersion": "1.26.12"},
    ]
    cluster = a_cluster(currentKubernetesVersion="1.27.16", agentPoolProfiles=pools)
    assert [(pool.name, pool.version, pool.wanted, pool.nodes) for pool in pools_of(cluster)] == [
        ("a", "1.26.12", "1.27.16", 3),
        ("b", "1.26.12", "1.26.12", 1),
    ]
    assert [pool.name for pool in pools_behind(cluster)] == ["a", "b"]
    body = with_control_plane_at(cluster.raw, "1.28.12")["properties"]
    assert body["kubernetesVersion"] == "1.28.12" and body["agentPoolProfiles"][1]["orchestratorVersion"] == "1.26.12"
    body = with_node_pools_at(cluster.raw, "1.27.16")["properties"]
    assert {pool["orchestratorVersion"] for pool in body["agentPoolProfiles"]} == {"1.27.16"}
    assert cluster.raw["properties"]["agentPoolProfiles"][1]["orchestratorVersion"] == "1.26.12"
