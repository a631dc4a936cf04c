"""The Status objects that an API server answers with when it refuses, in its own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.core.http import Answer, Refusal
from emulator.kubernetes.kinds import Kind


def status(code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """A Status of failure as JSON."""
    body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    body["message"] = message
    body["reason"] = reason
    if details is not None:
        body["details"] = details
    body["code"] = code
    return body


def failure(code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> Refusal:
    return Refusal(Answer(code, status(code, reason, message, details)))


def about(kind: Kind, name: str | None, **more: Any) -> dict[str, Any]:
    """The `details` that name an object."""
    details: dict[str, Any] = {"name": name} if name else {}
    if kind.group:
        details["group"] = kind.group
    return {**details, "kind": kind.plural, **more}


def unauthorized() -> Refusal:
    return failure(401, "Unauthorized", "Unauthorized")


def not_found(kind: Kind, name: str) -> Refusal:
    return failure(404, "NotFound", f'{kind.qualified} "{name}" not found', about(kind, name))


def no_such_resource() -> Refusal:
    return failure(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(kind: Kind, name: str) -> Refusal:
    return failure(409, "AlreadyExists", f'{kind.qualified} "{name}" already exists', about(kind, name))


def no_such_account(pod: str, namespace: str, account: str) -> Refusal:
    """403: a pod of a service account that is not there."""
    message = (
        f'pods "{pod}" is forbidden: error looking up service account {namespace}/{account}: '
        f'serviceaccount "{account}" not found'
    )
    return failure(403, "Forbidden", message, {"name": pod, "kind": "pods"})


def modified(kind: Kind, name: str) -> Refusal:
    """409: the object is not any more what the writer read."""
    message = (
        f'Operation cannot be fulfilled on {kind.qualified} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return failure(409, "Conflict", message, about(kind, name))


def wrong_uid(kind: Kind, name: str, wanted: str, found: str) -> Refusal:
    """409: an object of that name was deleted and made again."""
    text = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    message = f'Operation cannot be fulfilled on {kind.qualified} "{name}": {text}'
    return failure(409, "Conflict", message, about(kind, name))


def wrong_uid_to_delete(kind: Kind, name: str, wanted: str, found: str) -> Refusal:
    """409: as `wrong_uid`, of a DELETE. It names the kind where others name the resource [SEEN]."""
    text = f"the UID in the precondition ({wanted}) does not match the UID in record ({found}). "
    text += "The object might have been deleted and then recreated"
    message = f'Operation cannot be fulfilled on {kind.kind} "{name}": {text}'
    return failure(409, "Conflict", message, {**about(kind, name), "kind": kind.kind})


def unknown_dry_run(options: str, asked: str) -> Refusal:
    """422 [SEEN]: `options` is `PatchOptions` or another kind of options."""
    problem = f'Unsupported value: []string{{"{asked}"}}: supported values: "All"'
    cause = {"reason": "FieldValueNotSupported", "message": problem, "field": "dryRun"}
    details = {"group": "meta.k8s.io", "kind": options, "causes": [cause]}
    return failure(422, "Invalid", f'{options}.meta.k8s.io "" is invalid: dryRun: {problem}', details)


def invalid(kind: Kind, name: str, field: str, problem: str) -> Refusal:
    """422: `problem` is `Required value`, `Invalid value: "...": ...`, `Forbidden: ...`."""
    reasons = {"Required": "FieldValueRequired", "Forbidden": "FieldValueForbidden"}
    reason = reasons.get(problem.partition(" ")[0].rstrip(":"), "FieldValueInvalid")
    cause = {"reason": reason, "message": problem, "field": field}
    details = {**about(kind, name, causes=[cause]), "kind": kind.kind}
    named = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    return failure(422, "Invalid", f'{named} "{name}" is invalid: {field}: {problem}', details)


def invalid_fields(kind: Kind, name: str, problems: Sequence[tuple[str, str]]) -> Refusal:
    """422 of a custom resource: each field with its problem. [SRC] Such a kind is named with its group."""
    reasons = {"Required": "FieldValueRequired", "Duplicate": "FieldValueDuplicate", "Too": "FieldValueTooLong"}
    causes = [
        {"reason": reasons.get(problem.partition(" ")[0], "FieldValueInvalid"), "message": problem, "field": field}
        for field, problem in problems
    ]
    told = [f"{field}: {problem}" for field, problem in problems]
    text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    details = {**about(kind, name, causes=causes), "kind": kind.kind}
    return failure(422, "Invalid", f'{kind.kind}.{kind.group} "{name}" is invalid: {text}', details)


def bad_request(message: str) -> Refusal:
    return failure(400, "BadRequest", message)


def internal_error(message: str) -> Refusal:
    details = {"causes": [{"message": message}]}
    return failure(500, "InternalError", f"Internal error occurred: {message}", details)


def expired_continue(token: str) -> Refusal:
    """410: the snapshot behind a continue token is compacted; `token` goes on without a snapshot."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
        "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
        "modified, or deleted between the time the first chunk was returned and now may show up in the list."
    )
    refusal = failure(410, "Expired", message)
    refusal.answer.body["metadata"]["continue"] = token
    return refusal


def too_old(requested: int, compacted: int) -> Refusal:
    """410: an exact resourceVersion that is compacted."""
    return failure(410, "Expired", f"The resourceVersion for the provided list is too old: {requested} ({compacted})")


def method_not_allowed() -> Refusal:
    return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def unsupported_media_type(supported: list[str]) -> Refusal:
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(supported)}"
    return failure(415, "UnsupportedMediaType", message)


def not_acceptable(supported: list[str]) -> Refusal:
    message = f"only the following media types are accepted: {', '.join(supported)}"
    return failure(406, "NotAcceptable", message)
