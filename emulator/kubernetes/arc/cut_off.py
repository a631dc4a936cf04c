"""Azure as a cluster outside sees it: over the internet, without instance metadata; or not at all."""

from __future__ import annotations

from emulator.entra.metadata import LOGIN
from emulator.kubernetes.secrets_store import azure_side
from emulator.kubernetes.secrets_store.azure_side import (
    AzureSide,
    HttpFailure,
    Token,
    TokenRequest,
    Unanswered,
    VaultObject,
    VaultRequest,
)

_DNS = "10.43.0.10:53"
_METADATA = "http://169.254.169.254/metadata/identity/oauth2/token"


class FromOutside:
    """An AzureSide where nobody answers for the identity of a machine."""

    def __init__(self, azure: AzureSide) -> None:
        self._azure = azure

    def token(self, asked: TokenRequest) -> Token | HttpFailure | Unanswered:
        if asked.mode == azure_side.MANAGED_IDENTITY:
            return Unanswered("timeout", "dial tcp 169.254.169.254:80: i/o timeout", _METADATA)
        return self._azure.token(asked)

    def vault_object(self, asked: VaultRequest, token: Token | None) -> VaultObject | HttpFailure | Unanswered:
        return self._azure.vault_object(asked, token)


class VaultsBlocked(FromOutside):
    """A firewall on the way drops what goes to vaults. [D] Arc's own gateway does not carry it."""

    def __init__(self, azure: AzureSide, address: str) -> None:
        super().__init__(azure)
        self._address = address

    def vault_object(self, asked: VaultRequest, token: Token | None) -> VaultObject | HttpFailure | Unanswered:
        return Unanswered("timeout", f"dial tcp {self._address}:443: i/o timeout", asked.url)


class NoWayOut:
    """An AzureSide that never answers: no name is resolved. [INF] K3s's own DNS says that it failed."""

    def token(self, asked: TokenRequest) -> Token | HttpFailure | Unanswered:
        host = LOGIN.removeprefix("https://")
        return Unanswered("servfail", _lookup(host), f"{LOGIN}/{asked.tenant}/oauth2/v2.0/token", "POST")

    def vault_object(self, asked: VaultRequest, token: Token | None) -> VaultObject | HttpFailure | Unanswered:
        return Unanswered("servfail", _lookup(asked.host), asked.url)


def _lookup(host: str) -> str:
    return f"dial tcp: lookup {host} on {_DNS}: server misbehaving"
