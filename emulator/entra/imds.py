"""Tokens for the identities of a machine, from its instance metadata service at 169.254.169.254."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.entra.directory import VAULT_AUDIENCE

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

NOT_FOUND = "Identity not found"
SEVERAL = (
    "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token "
    "request"
)


class MetadataRefused(Exception):
    """The service's refusal: status and the JSON of its answer."""

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": "invalid_request", "error_description": description}


def imds_token(world: EmulatedWorld, scale_set: Resource | None, client_id: str, audience: str = VAULT_AUDIENCE) -> str:
    """An access token for the identity of the machines of a scale set that has this client id; without one for the
    system-assigned identity, or for the only user-assigned one [D].

    Raises MetadataRefused: 400 `Identity not found`, or that there are several [ISS].
    """
    identity = (scale_set.body.get("identity") or {}) if scale_set is not None else {}
    found = identity.get("userAssignedIdentities") or {}
    if client_id:
        wanted = [one for one in found.items() if one[1].get("clientId", "").lower() == client_id.lower()]
    elif "principalId" in identity:
        return world.tokens.issue(identity["principalId"], audience, xms_mirid=scale_set.id if scale_set else "")[0]
    else:
        wanted = list(found.items())
    if len(wanted) > 1:
        raise MetadataRefused(SEVERAL)
    if not wanted or not _is_there(world, wanted[0][0]):
        raise MetadataRefused(NOT_FOUND)
    return _issued(world, wanted[0], audience)


def _is_there(world: EmulatedWorld, identity_id: str) -> bool:
    """[INF] An identity that was deleted stays on its machines, and has no tokens."""
    return world.resources.get(identity_id) is not None


def _issued(world: EmulatedWorld, wanted: tuple[str, dict[str, Any]], audience: str) -> str:
    identity_id, ids = wanted
    more = {"appid": ids["clientId"], "xms_mirid": identity_id}
    return world.tokens.issue(ids["principalId"], audience, **more)[0]
