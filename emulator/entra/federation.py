"""Tokens of Entra for who brings a token of somebody whom an identity's federated credentials trust: workload identity.

[ISS] [INF] In which order Entra looks at issuer, subject and audience when several credentials match a part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from emulator.core.resources import Resource
from emulator.entra.directory import VAULT_AUDIENCE, Client, client_named, refused

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_CHECK = "Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."


@dataclass(frozen=True)
class Assertion:
    """What a token of a service account says of itself; that it is one is not in question here."""

    issuer: str
    subject: str
    audience: str


def federated_token(
    world: EmulatedWorld, tenant: str, client_id: str, assertion: Assertion, audience: str = VAULT_AUDIENCE
) -> str:
    """An access token for the identity with this client id.

    Raises SignInRefused: AADSTS90002, 900023, 700016, 70025, 700211, 700213, 700212, and 70021 for a credential that
    has not spread yet.
    """
    client = client_named(world, tenant, client_id)
    _match(world, client, assertion)
    more = {"appid": client.client_id, **({"xms_mirid": client.identity.id} if client.identity else {})}
    return world.tokens.issue(client.principal_id, audience, **more)[0]


def _match(world: EmulatedWorld, client: Client, assertion: Assertion) -> None:
    """[D] Issuer, subject and audience have to be the same, letter case included. Raises SignInRefused."""
    identity = client.identity
    found = list(world.resources.children(identity.id, "federatedIdentityCredentials")) if identity else []
    if not found:
        text = f"The client '{client.client_id}'({client.name}) has no configured federated identity credentials."
        raise refused(world, 401, 70025, "invalid_client", text)
    for code, part, presented in (
        (700211, "issuer", assertion.issuer),
        (700213, "subject", assertion.subject),
        (700212, "audience", assertion.audience),
    ):
        found = [one for one in found if presented in _named(one, part)]
        if not found:
            text = f"No matching federated identity record found for presented assertion {part} '{presented}'. {_CHECK}"
            raise refused(world, 401, code, "invalid_client", text)
    spread = timedelta(seconds=world.spec.delays.federation)
    if all(one.created + spread > world.clock.now() for one in found):
        text = (
            f"No matching federated identity record found for presented assertion. Assertion Issuer: "
            f"'{assertion.issuer}'. Assertion Subject: '{assertion.subject}'. Assertion Audience: "
            f"'{assertion.audience}'."
        )
        raise refused(world, 400, 70021, "invalid_request", text)


def _named(credential: Resource, part: str) -> list[str]:
    properties = credential.body["properties"]
    return list(properties["audiences"]) if part == "audience" else [properties[part]]
