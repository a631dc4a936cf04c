"""The worlds of the Secret Store: in each the state alone makes what it is about."""

from __future__ import annotations

import pytest

from emulator.worlds import catalogue
from tests.emulator.edge_client import EDGE, STORE, Edge

PROVIDER, DOCUMENTED_LABEL = "ProviderError", "InvalidClusterSecretLabelError"
UNCHANGED, CHANGED = "UpdateNoValueChangeSucceeded", "UpdateValueChangeOrForceUpdateSucceeded"
CREATE = {
    "ss-healthy": "CreateSucceeded",
    "ss-azure-cert-manager": "CreateSucceeded",
    "ss-online-provider": "CreateSucceeded",
    "ss-rotation-waits": "CreateSucceeded",
    "ss-stale": "CreateSucceeded",
    "ss-removed": "CreateSucceeded",
    "ss-akv-sync": "CreateSucceeded",
    "ss-no-role": PROVIDER,
    "ss-default-issuer": PROVIDER,
    "ss-fic-subject": PROVIDER,
    "ss-fic-missing": PROVIDER,
    "ss-object-id": PROVIDER,
    "ss-policies-vault": PROVIDER,
    "ss-firewall": PROVIDER,
    "ss-secret-missing": PROVIDER,
    "ss-private-vault": PROVIDER,
    "ss-throttled": PROVIDER,
    "ss-vault-blocked": PROVIDER,
    "ss-preview-type-refused": "UserInputValidationFailed",
    "ss-foreign-owner": "ValidatingAdmissionPolicyCheckFailed",
    "ss-all-or-nothing": PROVIDER,
    "ss-label": DOCUMENTED_LABEL,
    "ss-annotation": "InvalidClusterSecretAnnotationError",
    "ss-input": "UserInputValidationFailed",
    "ss-class-missing": "ControllerSpcError",
    "ss-class-elsewhere": "ControllerSpcError",
    "ss-account-missing": "ControllerInternalError",
    "ss-type-refused": "ValidatingAdmissionPolicyCheckFailed",
    "ss-webhook-refuses": "UnknownError",
    "ss-preview-healthy": "CreateSucceeded",
    "ss-preview-no-role": "CreateFailedProviderError",
    "ss-preview-label": "CreateFailedInvalidLabel",
    "ss-preview-annotation": "CreateFailedInvalidAnnotation",
    "ss-preview-input": "UserInputValidationFailed",
    "ss-preview-class-missing": "ControllerSpcError",
    "ss-preview-account-missing": "ControllerInternalError",
    "ss-preview-webhook-refuses": "SecretPatchFailedUnknownError",
    "ss-open-class-missing": "ControllerSPCError",
    "ss-open-webhook-refuses": "UnknownError",
}
UPDATE = {
    "ss-up-to-date": UNCHANGED,
    "ss-updated": CHANGED,
    "ss-partial": "PartialSync",
    "ss-history-too-short": "PartialSync",
    "ss-provider-failed-later": PROVIDER,
    "ss-label-changed": DOCUMENTED_LABEL,
    "ss-annotation-changed": "InvalidClusterSecretAnnotationError",
    "ss-type-changed": "ValidatingAdmissionPolicyCheckFailed",
    "ss-offline": PROVIDER,
    "ss-expired": PROVIDER,
    "ss-preview-up-to-date": UNCHANGED,
    "ss-preview-updated": CHANGED,
    "ss-preview-provider-failed-later": "UpdateFailedProviderError",
    "ss-preview-label-changed": "UpdateFailedInvalidLabel",
    "ss-preview-annotation-changed": "UpdateFailedInvalidAnnotation",
    "ss-open-type-changed": "ValidatingAdmissionPolicyCheckFailed",
}
NEWEST = {
    "ss-open-next-healthy": ("CreateSuccessful", "Secret created successfully."),
    "ss-open-next-up-to-date": ("CreateSuccessful", "Secret created successfully."),
    "ss-open-next-updated": ("CreateSuccessful", "Secret created successfully."),
    "ss-open-next-no-role": (PROVIDER, "ForbiddenByRbac"),
    "ss-open-next-input": ("RemoteSecretStoreFetchFailed", "file matching sourcePath db-pass not found in the pod"),
    "ss-open-next-class-missing": ("SecretProviderClassMisconfigured", 'failed to get SecretProviderClass "shop-kv"'),
    "ss-open-next-account-missing": ("ControllerSyncError", 'serviceaccounts "shop-sync" not found'),
    "ss-open-next-label": ("ControllerPatchError", 'conflict with "kubectl-create" using v1: .data.current'),
    "ss-open-next-webhook-refuses": ("ControllerPatchError", 'admission webhook "deny.shop.example" denied'),
}
LOGS = {
    "ss-no-role": '"code": "ForbiddenByRbac"',
    "ss-default-issuer": "AADSTS700211",
    "ss-fic-subject": "AADSTS700213",
    "ss-fic-missing": "AADSTS70025",
    "ss-object-id": "AADSTS700016",
    "ss-policies-vault": "does not have secrets",
    "ss-firewall": '"code": "ForbiddenByFirewall"',
    "ss-secret-missing": '"code": "SecretNotFound"',
    "ss-private-vault": '"code": "ForbiddenByConnection"',
    "ss-vault-blocked": "i/o timeout",
    "ss-throttled": "VaultRequestTypeLimitReached",
    "ss-offline": "dial tcp: lookup shop-kv.vault.emulator.test on 10.43.0.10:53: server misbehaving",
    "ss-preview-no-role": '"code": "ForbiddenByRbac"',
}
STATES = {
    "ss-installed": "Succeeded",
    "ss-cert-manager-missing": "Creating",
    "ss-trust-manager-missing": "Creating",
    "ss-images-blocked": "Creating",
    "ss-arm64": "Creating",
    "ss-kubernetes-too-old": "Failed",
    "ss-unknown-version": "Failed",
}
BEFORE = {
    *("ss-none", "ss-ready", "ss-not-connected", "ss-wrong-cluster", "ss-issuer-off", "ss-unregistered"),
    *("ss-flags-not-set", "ss-flags-not-read", "ss-flags-in-both", "ss-flags-no-slash"),
}
PENDING = {
    "ss-pending": [],
    "ss-open-pending": [("Unknown", "Unknown")],
    "ss-open-next-pending": [("SecretCreated", "SyncStarting"), ("SecretUpdated", "NoUpdatesAttemptedYet")],
}
OTHERS = {"ss-status-empty", "ss-tls"}


@pytest.mark.parametrize(("world", "reason"), CREATE.items())
def test_each_world_has_its_reason_from_the_beginning(world: str, reason: str) -> None:
    edge = Edge(world)
    assert edge.conditions()["Create"]["reason"] == reason
    assert (edge.conditions()["Create"]["status"] == "True") is (reason == "CreateSucceeded")
    assert "Update" not in edge.conditions()


@pytest.mark.parametrize(("world", "reason"), UPDATE.items())
def test_each_of_others_has_it_after_the_secret_was_made(world: str, reason: str) -> None:
    edge = Edge(world)
    edge.wait(1)
    conditions = edge.conditions()
    assert conditions["Update"]["reason"] == reason
    assert (conditions["Update"]["status"] == "True") is (reason in (UNCHANGED, CHANGED))
    assert edge.data()["current"], "the Secret is there all the same"


@pytest.mark.parametrize(("world", "told"), NEWEST.items())
def test_the_newest_source_says_the_error_itself(world: str, told: tuple[str, str]) -> None:
    found = Edge(world).conditions()["SecretCreated"]
    assert found["reason"] == told[0] and told[1] in found["message"]


@pytest.mark.parametrize(("world", "text"), LOGS.items())
def test_the_providers_log_has_the_cause(world: str, text: str) -> None:
    edge = Edge(world)
    edge.wait(1)
    assert text in edge.log()


@pytest.mark.parametrize(("world", "state"), STATES.items())
def test_each_installation_is_as_far_as_it_comes(world: str, state: str) -> None:
    assert Edge(world).properties(STORE)["provisioningState"] == state


@pytest.mark.parametrize(("world", "shown"), PENDING.items())
def test_an_attempt_that_is_under_way_has_no_outcome_yet(world: str, shown: list[tuple[str, str]]) -> None:
    edge = Edge(world)
    assert [(name, one["reason"]) for name, one in edge.conditions().items()] == shown
    edge.wait(120)
    [failed] = [one for one in edge.conditions().values() if one["status"] == "False"]
    assert failed["reason"] == PROVIDER and failed["lastTransitionTime"] == "2026-03-01T12:01:55Z"
    assert "Unknown" not in edge.conditions()


def test_a_controller_that_does_not_run_writes_no_status() -> None:
    edge = Edge("ss-status-empty")
    edge.wait(600)
    assert edge.conditions() == {} and edge.properties()["provisioningState"] == "Succeeded"
    stale = Edge("ss-stale")
    stale.wait(600)
    assert stale.conditions()["Create"]["lastTransitionTime"] == "2026-02-28T11:00:00Z"


def test_what_is_cut_off_is_shown_as_such_and_the_rest_as_connected() -> None:
    shown = {
        name: Edge(name).properties(EDGE)["connectivityStatus"] for name in ("ss-offline", "ss-expired", "ss-none")
    }
    assert shown == {"ss-offline": "Offline", "ss-expired": "Expired", "ss-none": "Connected"}


def test_every_world_of_the_secret_store_is_looked_at() -> None:
    mine = {*CREATE, *UPDATE, *NEWEST, *STATES, *PENDING, *BEFORE, *OTHERS}
    assert {name for name in catalogue.names() if name.startswith("ss-")} == mine
