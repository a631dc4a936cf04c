"""The directories of Entra: their tenants, who is in them, and how it refuses to give somebody a token.

The codes are the documented ones, the texts those that people report. [ISS]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from emulator.core.resources import Resource
from emulator.entra.metadata import LOGIN, VAULT_SUFFIX
from emulator.worlds.secrets_provider import Application
from emulator.worlds.spec import OTHER_TENANT, SUBSCRIPTION_NAME, TENANT

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

VAULT_AUDIENCE = f"https://{VAULT_SUFFIX}"
"""What tokens for Key Vault are made out to."""
_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
_DIRECTORIES = {TENANT: SUBSCRIPTION_NAME, OTHER_TENANT: f"{SUBSCRIPTION_NAME} 2"}


class SignInRefused(Exception):
    """Entra's refusal: the status, the number of the error (700211 of AADSTS700211) and the JSON of the answer."""

    def __init__(self, status: int, code: int, body: dict[str, Any]) -> None:
        super().__init__(f"AADSTS{code}")
        self.status, self.code, self.body = status, code, body


@dataclass(frozen=True)
class Client:
    """Who can get tokens in a directory: a managed identity (`identity`), or an application of the world."""

    name: str
    client_id: str
    principal_id: str
    identity: Resource | None = None
    application: Application | None = None


def client_named(world: EmulatedWorld, tenant: str, client_id: str) -> Client:
    """The client with this id. [OWN] All are in one tenant.

    Raises SignInRefused: AADSTS90002, 900023 for the tenant, 700016 for the client.
    """
    name = _directory(world, tenant)
    clients = [*applications(world), *_managed(world)] if tenant.lower() == TENANT else []
    for one in clients:
        if one.client_id.lower() == client_id.lower():
            return one
    text = (
        f"Application with identifier '{client_id}' was not found in the directory '{name}'. This can happen if "
        "the application has not been installed by the administrator of the tenant or consented to by any user in "
        "the tenant. You may have sent your authentication request to the wrong tenant."
    )
    raise refused(world, 400, 700016, "unauthorized_client", text)


def applications(world: EmulatedWorld) -> Iterator[Client]:
    """The applications of the tenant that are no managed identities."""
    for one in world.spec.applications:
        principal = world.ids.principal(one.name)
        yield Client(one.name, world.ids.uuid("client", principal), principal, application=one)


def _managed(world: EmulatedWorld) -> Iterator[Client]:
    for one in world.resources.under("/", _IDENTITIES):
        ids = one.body["properties"]
        yield Client(one.body["name"], ids["clientId"], ids["principalId"], identity=one)


def _directory(world: EmulatedWorld, tenant: str) -> str:
    """The name of a tenant. Raises SignInRefused: AADSTS90002, 900023."""
    known = _DIRECTORIES.get(tenant.lower())
    if known is not None:
        return known
    try:
        UUID(tenant)
    except ValueError:
        text = f"Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
        raise refused(world, 400, 900023, "invalid_request", text) from None
    text = (
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud."
    )
    raise refused(world, 400, 90002, "invalid_request", text)


def refused(world: EmulatedWorld, status: int, code: int, error: str, text: str) -> SignInRefused:
    """[ISS] The shape of the answer."""
    trace, correlation = world.ids.next("trace"), world.ids.next("correlation")
    moment = f"{world.clock.now():%Y-%m-%d %H:%M:%SZ}"
    ids = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}"
    body = {
        "error": error,
        "error_description": f"AADSTS{code}: {text} {ids}",
        "error_codes": [code],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{LOGIN}/error?code={code}",
    }
    return SignInRefused(status, code, body)
