"""Tokens of Entra for an application that brings its secret: what people call a service principal's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.entra.directory import VAULT_AUDIENCE, client_named, refused

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld


def client_secret_token(
    world: EmulatedWorld, tenant: str, client_id: str, secret: str, audience: str = VAULT_AUDIENCE
) -> str:
    """An access token for the application with this client id. [INF] Managed identities have no secret.

    Raises SignInRefused: AADSTS90002, 900023, 700016, 7000215 for a wrong secret, 7000222 for one that has expired.
    """
    client = client_named(world, tenant, client_id)
    known = client.application
    if known is None or secret != known.secret:
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client_id}'."
        )
        raise refused(world, 401, 7000215, "invalid_client", text)
    if known.expired:
        text = f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create "
        raise refused(world, 401, 7000222, "invalid_client", f"{text}new keys for your app.")
    return world.tokens.issue(client.principal_id, audience, appid=client.client_id)[0]
