"""`diagnose` with the real az: each world of the secrets provider comes to its cause, and nothing is changed."""

from __future__ import annotations

import re

import pytest

from emulator.worlds import catalogue
from tests.e2e.commands import CLUSTER, JSON
from tests.e2e.conftest import Ended, Station
from tests.kubectl import needs_kubectl

DIAGNOSE = ("aks", "kv", "diagnose", *CLUSTER, "--category", "provider", "privatelink", *JSON)
CAUSES = {
    "sp-client-without-fic": {"aad-client-without-fic", "class-identity"},
    "sp-dns-nxdomain": {"dns-nxdomain", "class-vault"},
    "sp-driver-tainted": {"driver-not-registered", "csi-driver-missing"},
    "sp-driver-windows": {"driver-not-registered", "csi-driver-missing", "provider-pod-missing"},
    "sp-egress-blocked": {"egress-blocked"},
    "sp-fic-issuer": {"aad-issuer-mismatch", "class-identity"},
    "sp-fic-subject": {"aad-subject-mismatch", "class-identity"},
    "sp-forbidden-connection": {"forbidden-connection", "class-network", "zone-missing", "peering-missing"},
    "sp-forbidden-firewall": {"forbidden-firewall", "class-network", "endpoint-missing"},
    "sp-forbidden-policy": {"forbidden-policy", "class-grant"},
    "sp-forbidden-rbac": {"forbidden-rbac", "class-grant"},
    "sp-identity-lost": {"identity-not-found", "class-identity"},
    "sp-identity-not-found": {"identity-not-found", "class-identity"},
    "sp-multiple-identities": {"multiple-identities", "class-identity"},
    "sp-nmi-absent": {"nmi-absent", "class-identity"},
    "sp-object-disabled": {"object-disabled", "vault-object"},
    "sp-object-not-found": {"object-not-found", "vault-object"},
    "sp-provider-unreachable": {"provider-unreachable", "provider-pod-missing"},
    "sp-publish-secret-missing": {"publish-secret-missing"},
    "sp-spc-identity-modes": {"spc-identity-modes", "class-parameters"},
    "sp-spc-not-found": {"spc-not-found", "class-missing"},
    "sp-spc-objects-yaml": {"spc-objects-yaml", "class-objects"},
    "sp-spc-parameter-missing": {"spc-parameter-missing", "class-parameters"},
    "sp-sync-forbidden": {"sync-forbidden", "sync-right", "synced-secret-missing"},
    "sp-sync-object-mismatch": {"sync-object-mismatch", "synced-secret-missing", "class-secret-objects"},
    "sp-tenant-mismatch": {"tenant-mismatch", "class-tenant"},
    "sp-throttled": {"throttled"},
    "sp-volume-not-readonly": {"volume-not-readonly", "volume-writable"},
    "sp-wi-token-missing": {"wi-token-missing", "class-identity", "csi-driver-object"},
    "sp-wrong-object-type": {"wrong-object-type", "vault-object"},
}
"""The errors of each world: what events and logs tell, and what the checks say of the state behind it; no others."""
BY_A_PERSON = {
    "sp-driver-tainted": "nobody but its owner knows the chart's release, and which nodes the driver is for",
    "sp-driver-windows": "nobody but its owner knows the chart's release",
    "sp-egress-blocked": "what may leave the network is decided by whoever owns its firewall",
    "sp-publish-secret-missing": "nobody but its owner has the service principal's password",
    "sp-spc-objects-yaml": "a text that cannot be read does not tell what was meant",
    "sp-sync-forbidden": "nobody but its owner knows the chart's release",
    "sp-volume-not-readonly": "a pod's volumes cannot be changed: whoever makes the pod makes it anew",
    "sp-wi-token-missing": "nobody but its owner knows the chart's release",
}
"""Worlds where a person must decide, and why: a command shows, edits, or has a place to be filled in. The others are
followed in test_diagnose_followed.py."""
NOT_TO_BE_RUN = re.compile(r"<[A-Z][A-Z_-]+>|^kubectl (?:edit|get|describe) |--dry-run$")
WELL = ("sp-good", "sp-none", "sp-ready", "sp-rotation-off")


def codes(ended: Ended, state: str) -> set[str]:
    return {each["code"] for each in ended.json["findings"] if each["state"] == state}


def test_each_world_of_the_secrets_provider_is_here() -> None:
    assert {name for name in catalogue.names() if name.startswith("sp-")} == {*CAUSES, *WELL}


@pytest.mark.parametrize("world", CAUSES)
def test_a_world_is_diagnosed_to_its_cause_and_nothing_is_changed(station: Station, world: str) -> None:
    station.start(world)
    ended = station.az(*DIAGNOSE)
    assert (ended.code, codes(ended, "error")) == (4, CAUSES[world]), ended.output
    proved = [each for each in ended.json["findings"] if each["evidence"] and each["state"] == "error"]
    assert proved and all(each["evidence"]["text"] and each["command"] for each in proved)
    by_hand = [bool(NOT_TO_BE_RUN.search(each["command"])) for each in proved]
    assert all(by_hand) if world in BY_A_PERSON else not all(by_hand), ended.output
    assert changes(station) == []


@pytest.mark.parametrize("world", WELL)
def test_what_is_well_has_no_error(station: Station, world: str) -> None:
    station.start(world)
    ended = station.az(*DIAGNOSE)
    assert (ended.code, codes(ended, "error"), codes(ended, "unknown")) == (0, set(), set()), ended.output
    assert changes(station) == []


@needs_kubectl
@pytest.mark.parametrize("world", ["sp-forbidden-rbac", "sp-spc-not-found", "sp-good"])
def test_through_run_command_it_sees_the_same(station: Station, world: str) -> None:
    station.start(world)
    ended = station.az(*DIAGNOSE, "--via", "run-command")
    assert (ended.code, codes(ended, "error")) == (4 if world in CAUSES else 0, CAUSES.get(world, set())), ended.output


def test_kms_is_looked_at_too(station: Station) -> None:
    station.start("sp-good")
    ended = station.az("aks", "kv", "diagnose", *CLUSTER, *JSON)
    seen = {each["category"] for each in ended.json["findings"]}
    assert {"cluster", "key", "secrets", "privatelink", "provider"} <= seen and ended.code in (0, 5), ended.output


def test_a_cluster_that_is_not_there_is_said_to_be_missing(station: Station) -> None:
    station.start("sp-good")
    ended = station.az("aks", "kv", "diagnose", "-g", "shop-rg", "-n", "shap", "--category", "provider", *JSON)
    assert (ended.code, codes(ended, "error")) == (3, {"cluster-missing"}), ended.output


def test_an_endpoint_that_the_vault_does_not_know_any_more_is_named(station: Station) -> None:
    station.start("sp-forbidden-connection")
    vault = ("--vault-name", "shop-kv", "-g", "shop-rg")
    [connection] = station.vault()["privateEndpointConnections"]
    name = connection["id"].rpartition("/")[2]
    gone = station.az("keyvault", "private-endpoint-connection", "delete", *vault, "-n", name)
    assert gone.code == 0, gone.output
    ended = station.az("aks", "kv", "diagnose", *CLUSTER, "--category", "privatelink", *JSON)
    [told] = [each for each in ended.json["findings"] if each["state"] == "error"]
    assert told["code"] == "endpoint-missing" and "which is Disconnected" in told["text"], ended.output
    assert told["command"].startswith("az network private-endpoint delete --ids /subscriptions/")


def changes(station: Station) -> list[str]:
    """What was written; to ask what somebody may do is a POST that writes nothing, and a command's begin is one too."""
    told = [f"{each['method']} {each['url'].partition('?')[0]}" for each in station.changes()]
    return [each for each in told if "accessreviews" not in each and "/runCommand" not in each]
