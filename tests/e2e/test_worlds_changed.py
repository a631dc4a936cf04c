"""Worlds in which KMS is changed although something is in the way: how it ends, seen from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emulator.worlds.spec import (
    CALLER,
    OPERATOR_GRANTS,
    OTHER_SUBSCRIPTION,
    Cluster,
    Grant,
    Secrets,
    Vault,
    Visit,
)
from tests.e2e.commands import DISABLE, ENABLE, REENCRYPT, SHOW, finding, found, steps
from tests.e2e.conftest import Ended, Station

DEPOT = ("-g", "shop-rg", "-n", "depot", "-o", "json")


def done(ended: Ended) -> Any:
    assert (ended.code, ended.json["status"]) == (0, "done"), ended.output
    return ended.json


def patches(station: Station) -> int:
    return sum(each["method"] == "PATCH" and "/secrets/" in each["url"] for each in station.changes())


def test_legacy_v1_off_and_on(station: Station) -> None:
    """KMS v1: as slow as the vault allows, each value named by its provider, and an upgrade recommended."""
    emulation = station.start("legacy-v1", secrets=8)
    seen = station.az(*SHOW)
    assert (seen.code, seen.json["experience"], found(seen, "warning")) == (
        0,
        "legacy-v1",
        {"cluster-version", "key-ledger", "rewrite-owed"},
    ), seen.output
    key = station.key_in_arm()
    off = done(station.az(*DISABLE))
    assert off["secrets"]["proved"] is True and station.stored_under() == {"plain"} and key in off["keep"][0]
    on = done(station.az(*ENABLE))
    assert (on["secrets"]["rewritten"], on["secrets"]["proved"]) == (8, True)
    assert station.stored_under() == {key} and station.stale() == []
    assert emulation.verdict()["ok"]


def test_modern_without_kms_can_be_given_the_legacy_one(station: Station) -> None:
    emulation = station.start("modern", secrets=4)
    assert done(station.az(*ENABLE))["secrets"]["proved"] is True
    assert station.az(*SHOW).json["experience"] == "legacy-v2" and station.stored_under() == {station.key_in_arm()}
    assert emulation.verdict()["ok"]


def test_automatic(station: Station) -> None:
    """What the platform's policy guards is told apart, never called proved, and nobody is asked to repair it."""
    emulation = station.start("automatic", secrets=13)
    on = done(station.az(*ENABLE))
    [guarded] = on["secrets"]["refusedByPlatform"]
    assert guarded["namespace"] == "kube-system" and "aks-managed-protect-system-namespaces" in guarded["reason"]
    assert on["secrets"]["refused"] == [] and on["secrets"]["rewritten"] == 12
    assert on["secrets"]["proved"] is False and "a policy of AKS guards what is in kube-system" in on["secrets"]["why"]
    assert station.stored_under() == {"plain", station.key_in_arm()} and station.note()["akskv/proved"] == "false"

    seen = station.az(*SHOW)
    assert (seen.code, seen.json["rewriteOwed"], found(seen)) == (4, True, {"rewrite-owed"}), seen.output
    again = done(station.az(*REENCRYPT))
    assert (again["secrets"]["current"], again["secrets"]["proved"]) == (12, False)
    off = done(station.az(*DISABLE))
    assert off["secrets"]["proved"] is False and station.stored_under() == {"plain"}
    assert emulation.verdict()["ok"]


def test_admission_refuses(station: Station) -> None:
    """Who overrules the check: the key is in, and no secret is under it. The run says which webhook, and the same
    command finishes later."""
    emulation = station.start("admission-refuses", secrets=6)
    failed = station.az(*ENABLE, "--accept", "admission-refuses")
    assert (failed.code, failed.json["status"]) == (1, "failed"), failed.output
    assert steps(failed)["turn-on-kms"] == "done" and steps(failed)["rewrite-secrets"] == "failed"
    assert len(failed.json["secrets"]["refused"]) == 6 and failed.json["secrets"]["proved"] is False
    assert 'admission webhook "secrets.guard.example" denied the request' in failed.output
    assert "keep the key from before and the present one enabled" in failed.output
    assert "run the same command again; it goes on at step 4" in failed.output
    assert station.stored_under() == {"plain"} and emulation.verdict()["ok"]
    seen = station.az(*SHOW)
    assert (seen.code, seen.json["rewriteOwed"], found(seen)) == (4, True, {"rewrite-owed"}), seen.output

    emulation.server.call(lambda: setattr(station.api_server().registry, "_admission", ()))
    emulation.world.log.clear()
    on = done(station.az(*ENABLE))
    assert on["secrets"]["proved"] is True and station.stored_under() == {station.key_in_arm()}
    sent = [each["method"] for each in station.changes() if "/managedClusters/" in each["url"]]
    assert patches(station) == 6 and sent == ["PATCH"]  # the tags alone


def test_second_operator_sets_a_tag(station: Station) -> None:
    """412: what we read is not what is there any more. Nothing is sent again, and the other's tag survives."""
    emulation = station.start("second-operator", secrets=4)
    failed = station.az(*ENABLE)
    assert failed.code == 1 and "PreconditionFailed" in failed.output, failed.output
    assert steps(failed)["turn-on-kms"] == "failed" and steps(failed)["rewrite-secrets"] == "skipped"
    assert "the service refused this change before it began any of it" in failed.output
    sent = [each["status"] for each in station.changes() if "/managedClusters/" in each["url"]]
    assert sent == [412] and patches(station) == 0 and station.stored_under() == {"plain"}
    assert "azureKeyVaultKms" not in station.cluster().body["properties"]["securityProfile"]

    assert done(station.az(*ENABLE))["secrets"]["proved"] is True
    assert station.cluster().body["tags"]["cost-centre"] == "1201" and emulation.verdict()["ok"]


def test_second_operator_begins_an_update_in_the_middle(station: Station) -> None:
    """409: somebody's operation runs. It is waited for by nobody and aborted by nobody."""
    emulation = station.start("second-operator", secrets=4, visits=(Visit("update", path="/roleAssignments/"),))
    failed = station.az(*ENABLE)
    assert failed.code == 1 and "OperationNotAllowed" in failed.output, failed.output
    assert [each["status"] for each in station.changes() if "/managedClusters/" in each["url"]] == [409]
    assert patches(station) == 0
    refused = station.az(*ENABLE)
    assert (refused.code, found(refused)) == (4, {"cluster-not-settled"}), refused.output
    assert "az aks wait" in finding(refused, "cluster-not-settled")["command"]

    emulation.server.call(lambda: emulation.world.clock.advance(601))
    assert done(station.az(*ENABLE))["secrets"]["proved"] is True and emulation.verdict()["ok"]


def test_two_clusters_one_key(station: Station) -> None:
    """What is done to one cluster is not done to the other, and the key that both need is to be kept."""
    emulation = station.start("two-clusters-one-key", secrets=4)
    key = station.key_in_arm()
    off = done(station.az(*DISABLE))
    assert station.stored_under() == {"plain"} and station.stored_under("depot") == {key}
    assert key in off["keep"][0] and "must stay enabled" in off["keep"][0]
    depot_id = station.cluster("depot").id.lower()
    assert cluster_changes(station) and not any(depot_id in url.lower() for url in cluster_changes(station))
    depot = station.az("aks", "kv", "kms", "show", *DEPOT)
    assert (depot.code, depot.json["experience"], depot.json["key"]["id"]) == (0, "legacy-v2", key), depot.output
    proved = done(station.az("aks", "kv", "reencrypt", *DEPOT, "--prove-only"))
    assert proved["secrets"]["proved"] is True and emulation.verdict()["ok"]


def cluster_changes(station: Station) -> list[str]:
    return [each["url"] for each in station.changes() if "/managedClusters/" in each["url"]]


def test_old_cloud(station: Station) -> None:
    """Each service is asked with a version that it knows, and what that cannot tell is said."""
    emulation = station.start("old-cloud", secrets=4)
    seen = station.az(*SHOW)
    assert seen.code == 0 and found(seen, "warning") == {"not-legacy"}, seen.output
    assert done(station.az(*ENABLE))["secrets"]["proved"] is True
    assert done(station.az(*DISABLE))["secrets"]["proved"] is True
    asked = [each for each in station.requests() if "/managedClusters/shop?" in each["url"] and each["status"] == 200]
    assert {each["url"].rpartition("api-version=")[2] for each in asked} == {"2025-05-01"}
    assert station.stored_under() == {"plain"} and emulation.verdict()["ok"]


def test_a_vault_in_another_subscription_is_named_by_its_id(station: Station) -> None:
    aside = Vault("aside-kv", subscription=OTHER_SUBSCRIPTION)
    group = f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/shop-rg"
    grants = (*OPERATOR_GRANTS, Grant(CALLER, "Owner", group))
    emulation = station.start("public-rbac", secrets=4, vaults=(Vault(), aside), grants=grants)
    on = done(station.az(*ENABLE, "--vault", f"{group}/providers/Microsoft.KeyVault/vaults/aside-kv"))
    assert on["secrets"]["proved"] is True and "aside-kv" in station.key_in_arm() and emulation.verdict()["ok"]


def test_big_in_small(station: Station) -> None:
    """The world of 20,000 secrets with 600 of them; `make big` turns KMS on and off with all."""
    emulation = station.start("big", clusters=(replace(Cluster(), secrets=Secrets(count=600)),))
    on = done(station.az(*ENABLE))
    assert (on["secrets"]["rewritten"], on["secrets"]["proved"]) == (600, True)
    assert station.stored_under() == {station.key_in_arm()} and emulation.verdict()["ok"]
