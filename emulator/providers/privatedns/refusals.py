"""How private DNS says no: its own errors are flat, those of Resource Manager in front of it are not."""

from __future__ import annotations

from emulator.core.http import Answer, Call, Refusal
from emulator.entra.tokens import client_of
from emulator.providers.errors import arm_error


def dns_error(status: int, code: str, message: str) -> Refusal:
    """[REC] `{code, message}`."""
    return Refusal(Answer(status, {"code": code, "message": message}))


def bad_request(message: str) -> Refusal:
    return dns_error(400, "BadRequest", message)


def parent_not_found(verb: str, resource_type: str, parent_id: str) -> Refusal:
    """[REC] Resource Manager's: `resource_type` is `privateDnsZones/A`."""
    return arm_error(
        404,
        "ParentResourceNotFound",
        f"Failed to perform '{verb}' on resource(s) of type '{resource_type}', because the parent resource "
        f"'{parent_id}' could not be found.",
        gateway=True,
    )


def nested_resources(nested: list[str]) -> Refusal:
    """[3P] Resource Manager's: a parent is not deleted over the head of what is below it."""
    named = ",".join(f"'{one}'" for one in nested)
    message = f"Cannot delete resource while nested resources exist. Some existing nested resource IDs include: {named}"
    return arm_error(409, "CannotDeleteResource", message, gateway=True)


def linked_authorization_failed(call: Call, action: str, scope: str, needed: str, linked: str) -> Refusal:
    """[3P] The caller may do `action`, but not `needed` on what the request names."""
    return arm_error(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{client_of(call.claims)}' with object id '{call.claims['oid']}' has permission to perform "
        f"action '{action}' on scope '{scope}'; however, it does not have permission to perform action(s) '{needed}' "
        f"on the linked scope(s) '{linked}' (respectively) or the linked scope(s) are invalid.",
        gateway=True,
    )
