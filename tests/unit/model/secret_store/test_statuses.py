"""Every status of the document's table and of the later families has one meaning."""

from __future__ import annotations

import pytest

from azext_akskv.model.finding import State
from azext_akskv.model.secret_store.statuses import EXPLAINED, REASONS, Meaning, Names, meaning_of, told_of

DOCUMENT = {
    "CreateSucceeded": (Meaning.CREATED, State.OK),
    "CreateFailedProviderError": (Meaning.PROVIDER, State.ERROR),
    "CreateFailedInvalidLabel": (Meaning.LABEL, State.ERROR),
    "CreateFailedInvalidAnnotation": (Meaning.ANNOTATION, State.ERROR),
    "UpdateNoValueChangeSucceeded": (Meaning.UP_TO_DATE, State.OK),
    "UpdateValueChangeOrForceUpdateSucceeded": (Meaning.UPDATED, State.OK),
    "UpdateFailedInvalidLabel": (Meaning.LABEL, State.ERROR),
    "UpdateFailedInvalidAnnotation": (Meaning.ANNOTATION, State.ERROR),
    "UpdateFailedProviderError": (Meaning.PROVIDER, State.ERROR),
    "UserInputValidationFailed": (Meaning.INPUT, State.ERROR),
    "ControllerSpcError": (Meaning.CLASS, State.ERROR),
    "ControllerInternalError": (Meaning.INTERNAL, State.ERROR),
    "SecretPatchFailedUnknownError": (Meaning.PATCH, State.ERROR),
}
"""The table of the document, row by row. [SEED]"""
LATER = {
    "PartialSync": (Meaning.PARTIAL, State.WARNING),
    "ProviderError": (Meaning.PROVIDER, State.ERROR),
    "RemoteSecretStoreFetchFailed": (Meaning.PROVIDER, State.ERROR),
    "InvalidClusterSecretLabelError": (Meaning.LABEL, State.ERROR),
    "InvalidClusterSecretAnnotationError": (Meaning.ANNOTATION, State.ERROR),
    "ControllerSPCError": (Meaning.CLASS, State.ERROR),
    "SecretProviderClassMisconfigured": (Meaning.CLASS, State.ERROR),
    "ControllerSyncFailed": (Meaning.INTERNAL, State.ERROR),
    "ControllerSyncError": (Meaning.INTERNAL, State.ERROR),
    "ValidatingAdmissionPolicyCheckFailed": (Meaning.POLICY, State.ERROR),
    "UnknownError": (Meaning.PATCH, State.ERROR),
    "ControllerPatchError": (Meaning.PATCH, State.ERROR),
    "CreateSuccessful": (Meaning.CREATED, State.OK),
    "SecretUpToDate": (Meaning.UP_TO_DATE, State.OK),
    "NoValueChange": (Meaning.UP_TO_DATE, State.OK),
    "ValueChangeOrForceUpdateDetected": (Meaning.UPDATED, State.OK),
    "Unknown": (Meaning.PENDING, State.UNKNOWN),
    "SyncStarting": (Meaning.PENDING, State.UNKNOWN),
    "NoUpdatesAttemptedYet": (Meaning.PENDING, State.UNKNOWN),
}


@pytest.mark.parametrize(("reason", "expected"), {**DOCUMENT, **LATER}.items())
def test_a_reason_has_one_meaning_in_any_letter_case(reason: str, expected: tuple[Meaning, State]) -> None:
    for written in (reason, reason.lower(), reason.upper(), f" {reason} "):
        told = told_of(written)
        assert (told.meaning, told.state) == expected
        assert meaning_of(written) is told.meaning and told.names


def test_no_reason_is_known_that_is_not_tried_here() -> None:
    assert {each[0].lower() for each in REASONS} == {each.lower() for each in (*DOCUMENT, *LATER)}
    assert len({each[0].lower() for each in REASONS}) == len(REASONS)
    assert set(EXPLAINED) == set(Meaning) - {Meaning.UNKNOWN}


@pytest.mark.parametrize("reason", DOCUMENT)
def test_a_term_of_the_document_stands_first_and_alone(reason: str) -> None:
    assert told_of(reason).text.startswith(f"{reason}: ")
    assert told_of(reason).names is Names.PREVIEW


@pytest.mark.parametrize(
    ("reason", "creating", "begins"),
    [
        ("ProviderError", True, "CreateFailedProviderError (here ProviderError): "),
        ("RemoteSecretStoreFetchFailed", False, "UpdateFailedProviderError (here RemoteSecretStoreFetchFailed): "),
        (
            "ProviderError",
            None,
            "CreateFailedProviderError or UpdateFailedProviderError (here ProviderError): ",
        ),
        ("InvalidClusterSecretLabelError", True, "CreateFailedInvalidLabel (here InvalidClusterSecretLabelError): "),
        ("SecretProviderClassMisconfigured", True, "ControllerSpcError (here SecretProviderClassMisconfigured): "),
        ("ControllerSPCError", None, "ControllerSpcError: "),
        ("UnknownError", False, "SecretPatchFailedUnknownError (here UnknownError): "),
        ("SecretUpToDate", False, "UpdateNoValueChangeSucceeded (here SecretUpToDate): "),
        ("PartialSync", False, "PartialSync: "),
        ("ValidatingAdmissionPolicyCheckFailed", False, "ValidatingAdmissionPolicyCheckFailed: "),
        ("SyncStarting", True, "SyncStarting: "),
        ("Unknown", None, "Unknown: "),
    ],
)
def test_another_name_stands_behind_that_of_the_document(reason: str, creating: bool | None, begins: str) -> None:
    assert told_of(reason, creating).text.startswith(begins)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("QuotaExceeded", "QuotaExceeded: no document tells what this means"),
        ("a\nb\x1b[31m", "a b [31m: no document tells what this means"),
        ("x" * 200, f"{'x' * 120}...: no document tells what this means"),
        ("", "no reason is told"),
    ],
)
def test_an_unknown_reason_is_told_as_unknown_with_its_text(reason: str, text: str) -> None:
    told = told_of(reason)
    assert (told.meaning, told.state, told.names, told.reason) == (Meaning.UNKNOWN, State.UNKNOWN, None, reason)
    assert told.text == text


def test_three_meanings_are_good() -> None:
    assert {each for each in Meaning if each.good} == {Meaning.CREATED, Meaning.UP_TO_DATE, Meaning.UPDATED}
    assert all((EXPLAINED[each].state is State.OK) is each.good for each in EXPLAINED)


NO_LABEL = (
    "secrets-store-sync-controller has failed to UPDATE secret with Opaque type in the shop namespace because it does "
    "not have the correct label. Delete the secret and force the controller to recreate it"
)
NOT_ALLOWED = (
    "The controller can only create or update secrets in the allowed types list with a single secretsync owner."
)


@pytest.mark.parametrize(
    ("reason", "message", "meaning"),
    [
        ("ControllerPatchError", f'failed to patch secret "x": {NO_LABEL}', Meaning.LABEL),
        ("ValidatingAdmissionPolicyCheckFailed", NO_LABEL, Meaning.LABEL),
        ("UnknownError", NOT_ALLOWED, Meaning.POLICY),
        ("ControllerSyncError", "ValidatingAdmissionPolicy 'p' with binding 'b' denied request", Meaning.POLICY),
        ("ControllerPatchError", 'failed to patch secret "x": conflict', Meaning.PATCH),
        ("ProviderError", NO_LABEL, Meaning.PROVIDER),
    ],
)
def test_the_text_of_a_policy_says_more_than_a_vague_reason(reason: str, message: str, meaning: Meaning) -> None:
    told = told_of(reason, False, message)
    assert (told.meaning, told.reason) == (meaning, reason) and reason in told.text


def test_a_policy_that_wants_the_label_is_named_by_the_documents_term() -> None:
    told = told_of("ControllerPatchError", False, NO_LABEL)
    assert told.text.startswith("UpdateFailedInvalidLabel (here ControllerPatchError): ")
