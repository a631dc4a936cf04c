"""Access tokens: JWTs of Entra's shape, signed with a key of this process, with audience and expiry checked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Mapping
from typing import Any

from emulator.core.clock import Clock

_HEADER = {"typ": "JWT", "alg": "HS256"}


class TokenRefused(Exception):
    """Why a token is no good: `missing`, `malformed`, `expired` or `audience`, and the audience it has."""

    def __init__(self, reason: str, message: str, audience: str | None = None) -> None:
        super().__init__(message)
        self.reason, self.audience = reason, audience


class Tokens:
    """Issues and checks the tokens of one tenant."""

    _key = secrets.token_bytes(32)  # of the process: tokens outlive a reset of the world, as they do in Azure

    def __init__(self, clock: Clock, tenant: str, lifetime_seconds: float) -> None:
        self._clock, self._tenant, self.lifetime_seconds = clock, tenant, lifetime_seconds

    def issue(self, principal_id: str, audience: str, **more: Any) -> tuple[str, int]:
        """The token and its expiry in seconds since 1970. `more` are claims to add or to replace."""
        now = int(self._clock.now().timestamp())
        claims = {
            "aud": audience,
            "iss": f"https://login.emulator.test/{self._tenant}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + int(self.lifetime_seconds),
            "oid": principal_id,
            "sub": principal_id,
            "tid": self._tenant,
            "idtyp": "app",
            "ver": "1.0",
            **more,
        }
        signed = f"{_encode(_json(_HEADER))}.{_encode(_json(claims))}"
        return f"{signed}.{_encode(self._signature(signed))}", int(claims["exp"])

    def check(self, authorization: str | None, audiences: Collection[str]) -> dict[str, Any]:
        """The claims of the bearer token in an Authorization header; a closing slash of the audience does not matter.

        Raises TokenRefused.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenRefused("missing", "The request has no bearer token.")
        claims = self.read(token.strip())
        if claims is None:
            raise TokenRefused("malformed", "The token is not one of this tenant's.")
        if claims["exp"] <= self._clock.now().timestamp():
            raise TokenRefused("expired", "The token is expired.")
        if claims["aud"].rstrip("/") not in {audience.rstrip("/") for audience in audiences}:
            raise TokenRefused("audience", f"The token is for {claims['aud']}.", claims["aud"])
        return claims

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token that was issued here, whatever its audience and expiry; else None."""
        signed, _, signature = token.rpartition(".")
        try:
            given = _decode(signature)
            claims: dict[str, Any] = json.loads(_decode(signed.partition(".")[2]))
        except ValueError:
            return None
        return claims if hmac.compare_digest(given, self._signature(signed)) else None

    def _signature(self, signed: str) -> bytes:
        return hmac.new(self._key, signed.encode(), hashlib.sha256).digest()


def client_of(claims: Mapping[str, Any]) -> str:
    """[REC] Whom refusals call the client: a person's name, else a program's application id."""
    return str(claims.get("upn") or claims.get("appid") or claims["oid"])


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
