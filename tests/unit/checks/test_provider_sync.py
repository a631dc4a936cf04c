"""Each check of the Secrets that the driver makes."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.model.mounts.synced import AccountRef, SyncedSecret
from azext_akskv.model.observed import Observed
from tests.mount_builders import NODE, SYNCED, a_class, a_pod, a_status
from tests.unit.checks.mount_views import GAP, OFF, chart, looked
from tests.unit.checks.verdicts import findings, problem, state

CODES = ("sync-right", "synced-secret-missing", "synced-secret-foreign")
DRIVER = AccountRef("kube-system", "aks-secrets-store-csi-driver")
MAY, MAY_NOT = Observed(True), Observed(False)
THERE = SyncedSecret("team-a", "db", "Opaque", 1, managed=True)
SYNCING = a_class(secretObjects=SYNCED)


def syncing(**given: Any) -> Any:
    """A class of which a Secret is made, a pod that needs it, the Secret, and the right."""
    usual: dict[str, Any] = {"classes": [SYNCING], "pods": [a_pod()], "secrets": [THERE], "statuses": [a_status()]}
    return looked(**{**usual, "sync_rights": {(DRIVER, "team-a"): MAY}, **given})


@pytest.mark.parametrize("code", CODES)
def test_all_is_well_or_no_secret_is_made(code: str) -> None:
    assert state(code, syncing()) == "ok"
    assert state(code, syncing(classes=[a_class()])) == "skipped"
    assert state(code, syncing(classes=[])) == "skipped"
    assert state(code, syncing(classes=GAP)) == "unknown"


def test_sync_right() -> None:
    found = problem("sync-right", syncing(sync_rights={(DRIVER, "team-a"): MAY_NOT}))
    assert found.blocks and f"{DRIVER} may not create Secrets in team-a" in found.text
    assert "cause 7 of the document on the provider" in found.why and "az aks update" in found.command
    own = AccountRef("csi", "secrets-store-csi-driver")
    charted = syncing(addon=OFF, system=chart(NODE), sync_rights={(own, "team-a"): MAY_NOT})
    assert "syncSecret.enabled=true" in problem("sync-right", charted).command
    by_hand = syncing(addon=OFF, pods=GAP, sync_rights={(own, "team-a"): MAY_NOT})
    assert f"can-i create secrets --as {own.user}" in problem("sync-right", by_hand).command


def test_sync_right_that_could_not_be_asked() -> None:
    assert state("sync-right", syncing(sync_rights={(DRIVER, "team-a"): GAP})) == "unknown"
    assert state("sync-right", syncing(sync_rights={})) == "unknown"
    assert state("sync-right", syncing(sync_rights={}, system=[])) == "skipped"
    other = a_class(namespace="team-b", secretObjects=SYNCED)
    half = {(DRIVER, "team-a"): MAY_NOT, (DRIVER, "team-b"): GAP}
    found = findings("sync-right", syncing(classes=[SYNCING, other], sync_rights=half))
    assert [each.state.value for each in found] == ["error", "unknown"]


def test_synced_secret_missing() -> None:
    found = problem("synced-secret-missing", syncing(secrets=[]))
    assert found.blocks and "no Secret db in team-a, which pod team-a/web-0 needs" in found.text
    assert "the driver's log" in found.text and "team-a/kv" in found.why
    refused = syncing(secrets=[], sync_rights={(DRIVER, "team-a"): MAY_NOT})
    assert "sync-right" in problem("synced-secret-missing", refused).text
    assert "did not mount it yet" in problem("synced-secret-missing", syncing(secrets=[], statuses=[])).text
    blind = syncing(secrets=[], mounted=GAP)
    assert "could not be looked at" in problem("synced-secret-missing", blind).text
    assert state("synced-secret-missing", syncing(secrets={"team-a": GAP})) == "unknown"
    assert state("synced-secret-missing", syncing(secrets={})) == "unknown"


def test_synced_secret_missing_where_no_pod_mounts_the_class() -> None:
    unmounted = a_pod(volumes=[])
    unmounted["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] = "CreateContainerConfigError"
    found = problem("synced-secret-missing", syncing(pods=[unmounted], secrets=[]))
    assert "no pod mounts kv" in found.text


def test_synced_secret_missing_is_about_what_pods_need() -> None:
    optional = {"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password", "optional": True}}}
    relaxed = a_pod(containers=[{"name": "web", "env": [optional]}])
    assert state("synced-secret-missing", syncing(pods=[relaxed], secrets=[])) == "skipped"
    assert state("synced-secret-missing", syncing(pods=[a_pod() | {"status": {"phase": "Failed"}}])) == "skipped"
    assert state("synced-secret-missing", syncing(consumers=GAP)) == "unknown"


def test_an_entry_that_no_class_puts_in() -> None:
    other = [{"secretName": "db", "type": "Opaque", "data": [{"objectName": "db-pass", "key": "pass"}]}]
    found = problem("synced-secret-missing", syncing(classes=[a_class(secretObjects=other)]))
    assert "needs password of the Secret db, and team-a/kv puts in pass" in found.text


def test_synced_secret_foreign() -> None:
    foreign = SyncedSecret("team-a", "db", "Opaque", 1, managed=False)
    found = problem("synced-secret-foreign", syncing(secrets=[foreign]))
    assert not found.blocks and "the Secret db in team-a lacks the driver's label" in found.text
    assert found.command == "kubectl get secret db --show-labels --namespace team-a"
    assert state("synced-secret-foreign", syncing(secrets=[])) == "ok"
    unasked = SyncedSecret("team-a", "db", managed=None)
    assert state("synced-secret-foreign", syncing(secrets=[unasked])) == "unknown"
    assert state("synced-secret-foreign", syncing(secrets={"team-a": GAP})) == "unknown"
