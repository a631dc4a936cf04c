"""Who may give a user-assigned identity to something of his."""

from __future__ import annotations

from collections.abc import Iterable

from emulator.core.http import Call
from emulator.entra.tokens import client_of
from emulator.providers.errors import arm_error

ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"


def refuse_unassignable(call: Call, identity_ids: Iterable[str], action: str) -> None:
    """[D] Whoever gives an identity away must be allowed to assign that identity; `action` is what he does for it.

    Raises Refusal: 400 FailedIdentityOperation, 403 LinkedAuthorizationFailed [3P].
    """
    for identity_id in identity_ids:
        if call.world.resources.get(identity_id) is None:
            message = f"The identity '{identity_id}' was not found."
            raise arm_error(400, "FailedIdentityOperation", message, gateway=True)
        if not call.world.rights.may(call.claims["oid"], ASSIGN, identity_id):
            caller = call.claims["oid"]
            raise arm_error(
                403,
                "LinkedAuthorizationFailed",
                f"The client '{client_of(call.claims)}' with object id '{caller}' has permission to perform "
                f"action '{action}' on scope '{call.path}'; however, it does "
                f"not have permission to perform action(s) '{ASSIGN}' on the linked scope(s) '{identity_id}' "
                "(respectively) or the linked scope(s) are invalid.",
                gateway=True,
            )
