"""Every recorded cluster through our decoders and back, and through `kms show`."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

from azext_akskv.cli.reporter import Screen, TerminalReporter
from azext_akskv.engine.result import EXIT_DONE, EXIT_REFUSED, EXIT_UNKNOWN
from azext_akskv.model.cluster import (
    READ_ONLY,
    READ_ONLY_OF_POOLS,
    READ_ONLY_PROPERTIES,
    for_put,
    parse_cluster,
    with_identity,
    with_kms_off,
    with_kms_on,
    with_tags,
)
from azext_akskv.report.rows import exit_code_of, state_row
from tests.builders import IDENTITY, KEY, NOW, VAULT
from tests.fakes import FakeWorld
from tests.recorded import CLUSTERS, COUNTS, asked_clusters, bodies, needs, updates

Json = dict[str, Any]
ROW = {
    *("cluster", "resourceGroup", "kubernetesVersion", "experience", "key"),
    *("previousKeys", "networkAccess", "rewriteOwed", "findings"),
}
KMS = "properties.securityProfile.azureKeyVaultKms"


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Path -> value of everything that has no members; empty objects and lists are values."""
    if isinstance(value, dict) and value:
        return {key: leaf for name, inner in value.items() for key, leaf in leaves(inner, f"{path}.{name}").items()}
    if isinstance(value, list) and value:
        return {key: leaf for n, inner in enumerate(value) for key, leaf in leaves(inner, f"{path}[{n}]").items()}
    return {path.removeprefix("."): value}


def changed(before: Json, after: Json) -> set[str]:
    """The paths of which one has another value than the other, or none."""
    one, other = leaves(before), leaves(after)
    return {path for path in one.keys() | other.keys() if one.get(path, ...) != other.get(path, ...)}


def without_what_only_aks_writes(body: Json) -> Json:
    properties = {name: value for name, value in body["properties"].items() if name not in READ_ONLY_PROPERTIES}
    if properties.get("agentPoolProfiles"):
        properties["agentPoolProfiles"] = [
            {name: value for name, value in pool.items() if name not in READ_ONLY_OF_POOLS}
            for pool in properties["agentPoolProfiles"]
        ]
    kept = {name: value for name, value in body.items() if name not in READ_ONLY}
    return {**kept, "properties": properties}


def edited(body: Json) -> None:
    """Each edit changes what it means to change, and leaves out what only AKS writes."""
    back = without_what_only_aks_writes(body)
    assert for_put(body) == back
    kms = with_kms_on(body, KEY, "Private", VAULT)
    assert {path.removeprefix(f"{KMS}.") for path in changed(back, kms)} - {"properties.securityProfile"} == {
        *("enabled", "keyId", "keyVaultNetworkAccess", "keyVaultResourceId")
    }
    assert changed(back, with_kms_off(body)) - {"properties.securityProfile"} == {f"{KMS}.enabled"}
    moved = with_identity(body, IDENTITY)
    assert all(path.partition(".")[0] == "identity" for path in changed(back, moved))
    assert moved["identity"]["userAssignedIdentities"] == {str(IDENTITY): {}}
    tags = {**(body.get("tags") or {}), "akskv-run": "1"}
    assert changed(back, with_tags(for_put(body), tags)) - {"tags"} == {"tags.akskv-run"}


@needs("clusters")
def test_no_recorded_cluster_loses_a_member_on_its_way_through_us() -> None:
    found = bodies(CLUSTERS)
    assert len(found) == COUNTS["clusters"]
    for body in found:
        untouched = copy.deepcopy(body)
        cluster = parse_cluster(body, NOW)
        assert cluster.raw is body and str(cluster.id).lower() == body["id"].lower()
        edited(body)
        assert body == untouched


@needs("requests for clusters")
def test_nor_does_what_others_put() -> None:
    found = asked_clusters()
    assert len(found) == COUNTS["requests for clusters"]
    for body in found:
        edited(body)


@needs("pairs of GET and PUT")
def test_what_we_leave_out_of_a_put_is_what_az_leaves_out_of_every_one() -> None:
    pairs = updates()
    assert len(pairs) == COUNTS["pairs of GET and PUT"]
    ever, never = set[str](), set[str]()
    for shown, put in pairs:
        ours, theirs, seen = (set(_members(body)) for body in (for_put(shown), put, shown))
        assert seen & theirs <= ours, "az sends back what we do not"
        ever |= seen & theirs
        never |= seen - theirs
    dropped = {*READ_ONLY, *(f"properties.{name}" for name in READ_ONLY_PROPERTIES)}
    dropped |= {f"properties.agentPoolProfiles.{name}" for name in READ_ONLY_OF_POOLS}
    assert (never - ever) - dropped == set(), "az never sends it back, and we do"
    assert dropped & ever == set()


def _members(body: Json) -> list[str]:
    """The names at the top, of the properties, and of what node pools have."""
    properties = body["properties"]
    pools = properties.get("agentPoolProfiles") or []
    return [
        *body,
        *(f"properties.{name}" for name in properties),
        *{f"properties.agentPoolProfiles.{name}" for pool in pools for name in pool},
    ]


@needs("clusters")
def test_kms_show_says_something_whole_about_every_recorded_cluster(tmp_path: Path) -> None:
    for body in bodies(CLUSTERS):
        state = FakeWorld(tmp_path, cluster=body, secrets=3).show()
        row = state_row(state)
        assert set(row) == ROW and json.dumps(row)
        assert row["cluster"] == body["name"] and row["experience"] in ("never", "platform-managed")
        assert exit_code_of(state) in (EXIT_DONE, EXIT_REFUSED, EXIT_UNKNOWN)
        stream = io.StringIO()
        TerminalReporter(Screen(stream), body["name"]).state(state)
        assert f"{body['name']}, Kubernetes 1." in stream.getvalue() and " checks: " in stream.getvalue()
