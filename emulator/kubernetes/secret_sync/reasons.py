"""The reasons and messages of a SecretSync's conditions, in the families that there have been. [D] [SRC]"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.kubernetes.secret_sync.versions import DOCUMENTED, OPEN, OPEN_NEXT, PREVIEW

CREATED, UP_TO_DATE, UPDATED, PARTIAL = "created", "up_to_date", "updated", "partial"
PROVIDER, FETCH, LABEL, ANNOTATION = "provider", "fetch", "label", "annotation"
INPUT, CLASS, INTERNAL, POLICY, PATCH = "input", "class", "internal", "policy", "patch"
SUCCEEDED = frozenset({CREATED, UP_TO_DATE, UPDATED})
_LOGS = "check the logs or the events for more information."
_UPDATED = "The secret was updated successfully: a value change or a force update was detected."
_UNCHANGED = "The secret was updated successfully at the end of the poll interval and no value change was detected."
_MESSAGES = {
    CREATED: "Secret created successfully.",
    UP_TO_DATE: _UNCHANGED,
    UPDATED: _UPDATED,
    PROVIDER: f"Secret creation failed due to provider error, {_LOGS}",
    LABEL: "The secret operation failed because a label reserved for the controller is applied on the secret.",
    ANNOTATION: "The secret create failed because an annotation reserved for the controller is applied on the secret.",
    INPUT: f"Secret create or update failed due to SecretProviderClass or SecretSync error, {_LOGS}",
    CLASS: (
        "Secret update failed because the controller could not retrieve the Secret Provider Class or the SPC is "
        f"misconfigured. C{_LOGS[1:]}"
    ),
    INTERNAL: f"Secret update failed due to controller internal error, {_LOGS}",
    POLICY: f"Secret update failed due to validating admission policy check failure, {_LOGS}",
    PATCH: f"Secret patch failed due to unknown error, {_LOGS}",
}
_OPEN = {
    CREATED: "CreateSucceeded",
    UP_TO_DATE: "UpdateNoValueChangeSucceeded",
    UPDATED: "UpdateValueChangeOrForceUpdateSucceeded",
    PROVIDER: "ProviderError",
    LABEL: "InvalidClusterSecretLabelError",
    ANNOTATION: "InvalidClusterSecretAnnotationError",
    INPUT: "UserInputValidationFailed",
    CLASS: "ControllerSPCError",
    INTERNAL: "ControllerInternalError",
    POLICY: "ValidatingAdmissionPolicyCheckFailed",
    PATCH: "UnknownError",
}
_OF_PREVIEWS = {PROVIDER: "ProviderError", LABEL: "InvalidLabel", ANNOTATION: "InvalidAnnotation"}
"""What follows `CreateFailed` or `UpdateFailed`."""
_REASONS: Mapping[str, Mapping[str, str]] = {
    PREVIEW: {
        **_OPEN,
        CLASS: "ControllerSpcError",
        POLICY: "UserInputValidationFailed",
        PATCH: "SecretPatchFailedUnknownError",
    },
    DOCUMENTED: {**_OPEN, CLASS: "ControllerSpcError", PARTIAL: "PartialSync"},
    OPEN: _OPEN,
    OPEN_NEXT: {
        CREATED: "CreateSuccessful",
        UP_TO_DATE: "SecretUpToDate",
        UPDATED: "SecretUpToDate",
        PROVIDER: "ProviderError",
        FETCH: "RemoteSecretStoreFetchFailed",
        LABEL: "InvalidClusterSecretLabelError",
        ANNOTATION: "InvalidClusterSecretAnnotationError",
        INPUT: "RemoteSecretStoreFetchFailed",
        CLASS: "SecretProviderClassMisconfigured",
        INTERNAL: "ControllerSyncError",
        POLICY: "ControllerPatchError",
        PATCH: "ControllerPatchError",
    },
}
_UNKNOWN = frozenset({INTERNAL, PATCH})
"""[SRC] Conditions that are neither true nor false with these, except in the newest family."""
UNDECIDED = "Unknown"
"""[SRC] The type of the condition that is there until there is another."""
UP_TO_DATE_TEXT = "Secret contains last observed values."


@dataclass(frozen=True)
class Said:
    """A condition without its times."""

    type: str
    status: str
    reason: str
    message: str


def condition(family: str, outcome: str, creating: bool, detail: str) -> Said:
    """What a family's controller says of an outcome. `detail` is the error itself, which only the newest family hands
    on, or the JSON of a partial one."""
    kind = {True: "Create", False: "Update"}[creating]
    newest = family == OPEN_NEXT
    reason = _REASONS[family][outcome]
    if family == PREVIEW and outcome in _OF_PREVIEWS:
        reason = f"{kind}Failed{_OF_PREVIEWS[outcome]}"
    status = "True" if outcome in SUCCEEDED else "Unknown" if outcome in _UNKNOWN and not newest else "False"
    if outcome == PARTIAL:
        return Said(kind, status, reason, detail)
    if newest:
        succeeded = _MESSAGES[CREATED] if outcome == CREATED else UP_TO_DATE_TEXT
        return Said(f"Secret{kind}d", status, reason, succeeded if outcome in SUCCEEDED else detail)
    return Said(kind, status, reason, _MESSAGES[outcome])


def beginnings(family: str) -> tuple[Said, ...]:
    """[SRC] What stands there before the first try is over."""
    if family == OPEN:
        return (Said(UNDECIDED, "Unknown", "Unknown", "Unknown"),)
    if family != OPEN_NEXT:
        return ()
    return (
        Said("SecretCreated", "Unknown", "SyncStarting", ""),
        Said("SecretUpdated", "Unknown", "NoUpdatesAttemptedYet", ""),
    )
