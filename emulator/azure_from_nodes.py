"""Azure as the secrets provider on a node sees it: tokens from the instance metadata and from Entra, and vaults over
the node's own network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from emulator.core.http import Answer
from emulator.core.resources import Resource
from emulator.entra import federation
from emulator.entra.client_secret import client_secret_token
from emulator.entra.directory import VAULT_AUDIENCE, SignInRefused
from emulator.entra.imds import MetadataRefused, imds_token
from emulator.entra.metadata import LOGIN
from emulator.kubernetes.secrets_store import azure_side
from emulator.kubernetes.secrets_store.azure_side import (
    HttpFailure,
    Origin,
    Token,
    TokenRequest,
    Transport,
    Unanswered,
    VaultObject,
    VaultRequest,
)
from emulator.programs.vault_client import NoReply, ask_vault, challenged_tenant, reach_entra
from emulator.programs.view import Place, View

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_METADATA = "http://169.254.169.254/metadata/identity/oauth2/token"
_NMI = "http://localhost:2579/host/token/"
_KINDS: dict[str, Transport] = {"dns": "nxdomain", "timeout": "timeout", "refused": "refused", "tls": "untrusted"}


class AzureFromNodes:
    """`world.azure`."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world

    def token(self, asked: TokenRequest) -> Token | HttpFailure | Unanswered:
        """A token for Key Vault. [OWN] There is no NMI."""
        if asked.mode == azure_side.POD_IDENTITY:
            url = f"{_NMI}?resource={VAULT_AUDIENCE}"
            return Unanswered("refused", "dial tcp 127.0.0.1:2579: connect: connection refused", url)
        if asked.mode == azure_side.MANAGED_IDENTITY:
            return self._from_metadata(asked)
        url = f"{LOGIN}/{asked.tenant}/oauth2/v2.0/token"
        try:
            reach_entra(self._view(asked.origin), asked.tenant)
            return self._token(self._signed_in(asked))
        except NoReply as silence:
            return Unanswered(_KINDS[silence.trouble], silence.text, url, "POST")
        except SignInRefused as refused:
            return HttpFailure(refused.status, _dumped(refused.body), url, "POST")

    def vault_object(self, asked: VaultRequest, token: Token | None) -> VaultObject | HttpFailure | Unanswered:
        """One object, or the vault's challenge to who brings no token."""
        path = asked.url.removeprefix(f"https://{asked.host}").rstrip("/")
        vault = asked.host.partition(".")[0]
        try:
            answer = ask_vault(self._view(asked.origin), vault, path, token.text if token else "")
        except NoReply as silence:
            return Unanswered(_KINDS[silence.trouble], silence.text, asked.url)
        return VaultObject(answer.body) if answer.status == 200 else _failure(asked, answer)

    def _from_metadata(self, asked: TokenRequest) -> Token | HttpFailure:
        client = f"&client_id={asked.client_id}" if asked.client_id else ""
        url = f"{_METADATA}?api-version=2018-02-01{client}&resource={quote(VAULT_AUDIENCE, safe='')}"
        try:
            return self._token(imds_token(self._world, self._scale_set(asked.origin), asked.client_id))
        except MetadataRefused as refused:
            return HttpFailure(refused.status, _dumped(refused.body), url)

    def _signed_in(self, asked: TokenRequest) -> str:
        """Raises SignInRefused."""
        if asked.assertion is None:
            return client_secret_token(self._world, asked.tenant, asked.client_id, asked.secret)
        one = asked.assertion
        presented = federation.Assertion(one.issuer, one.subject, one.audience)
        return federation.federated_token(self._world, asked.tenant, asked.client_id, presented)

    def _scale_set(self, origin: Origin) -> Resource | None:
        nodes = self._world.nodes_of(origin.cluster_id)
        pool = next((node.pool for node in nodes if node.name == origin.node), "")
        return self._world.scale_set_of(origin.cluster_id, pool)

    def _token(self, text: str) -> Token:
        claims = self._world.tokens.read(text) or {}
        return Token(claims["oid"], str(claims.get("appid") or ""), claims["tid"], text)

    def _view(self, origin: Origin) -> View:
        return View(self._world, Place(origin.subnet_id, origin.address, origin.node))


def _failure(asked: VaultRequest, answer: Answer) -> HttpFailure:
    body = answer.body if isinstance(answer.body, dict) else {}
    error = body.get("error") or {}
    inner = str((error.get("innererror") or {}).get("code") or "")
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    tenant = challenged_tenant(answer) or None
    return HttpFailure(answer.status, _dumped(body), asked.url, "GET", code, inner, message, tenant)


def _dumped(body: dict[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)
