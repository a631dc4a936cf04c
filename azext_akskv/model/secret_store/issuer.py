"""Whether Entra will take a service account's token: what the token claims, without the token itself, against what a
federated credential says, byte for byte."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azext_akskv.model.federation import FederatedCredential
from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.members import text, texts
from azext_akskv.model.shell import shell
from azext_akskv.model.times import moment

NOT_A_TOKEN = "not a token of a service account"
"""All that is said of a text that cannot be read: it may be a secret of any kind."""
IN_CLUSTER = ("https://kubernetes.default.svc", "kubernetes/serviceaccount")
"""How the issuers of API servers begin that were not told another one: K3s's own has its domain behind. [SRC: K3s]"""
_LONGEST = 20_000
_SUBJECT = "system:serviceaccount:"


@dataclass(frozen=True)
class Claims:
    """`issuer`, `subject` and `audiences` to the letter; times in UTC."""

    issuer: str
    subject: str
    audiences: tuple[str, ...] = ()
    expires: datetime | None = None
    issued: datetime | None = None


@dataclass(frozen=True)
class Mismatch:
    """`claim`: issuer, subject, audience or time. `text`: how the two differ, in words."""

    claim: str
    text: str


def claims_of(token: str) -> Claims:
    """Of a token in its usual form, three parts with dots between, whose signature is not looked at. What is kept are
    the claims alone.

    Raises BadInput, which does not tell the text.
    """
    parts = token.strip().split(".") if len(token) <= _LONGEST else []
    found = _read(parts) if len(parts) == 3 and all(parts[:2]) else None
    if found is None:  # raised outside of any other error, which would bring the text along
        raise BadInput(NOT_A_TOKEN)
    return found


def mismatches(claims: Claims, credential: FederatedCredential, now: datetime) -> tuple[Mismatch, ...]:
    """Empty: Entra takes the token for the credential's identity, as far as names go."""
    return tuple(_mismatches(claims, credential, now))


def issuer_difference(token: str, credential: str) -> str:
    """How the issuer of a token differs from that of a credential; empty: it does not. They are compared byte for byte,
    so that a slash at the end decides. [D]"""
    if token == credential:
        return ""
    if token.startswith(IN_CLUSTER):
        told = f"the API server still issues as {in_short(token)}"
        return f"{told}: it was not told {in_short(credential)}, or was not started anew"
    return _difference("issuer", token, credential)


def token_command(namespace: str, account: str, audience: str) -> str:
    """What makes a token to look at; it opens what the account opens, so it goes nowhere but into a pipe."""
    return shell("kubectl", "create", "token", account, "-n", namespace, "--audience", audience)


def _mismatches(claims: Claims, credential: FederatedCredential, now: datetime) -> Iterator[Mismatch]:
    if told := issuer_difference(claims.issuer, credential.issuer):
        yield Mismatch("issuer", told)
    if credential.subject or not credential.expression:
        if told := _subject_difference(claims.subject, credential.subject):
            yield Mismatch("subject", told)
    else:
        yield Mismatch("subject", "the credential matches claims by an expression, which is not followed here")
    if not set(claims.audiences) & set(credential.audiences):
        found, wanted = (_listed(each) for each in (claims.audiences, credential.audiences))
        yield Mismatch("audience", f"the token is for {found}, the credential takes {wanted}")
    if claims.expires and claims.expires <= now:
        yield Mismatch("time", f"the token has expired at {claims.expires:%Y-%m-%dT%H:%M:%SZ}")


def _subject_difference(token: str, credential: str) -> str:
    if token == credential:
        return ""
    one, other = (each.removeprefix(_SUBJECT).split(":") for each in (token, credential))
    both = token.startswith(_SUBJECT) and credential.startswith(_SUBJECT) and len(one) == len(other) == 2
    if not both or token.lower() == credential.lower():
        return _difference("subject", token, credential)
    names = zip(("namespace", "service account"), one, other, strict=True)
    told = [
        f"the {what} is {in_short(a)} in the token, {in_short(b)} in the credential" for what, a, b in names if a != b
    ]
    return "; ".join(told)


def _difference(what: str, token: str, credential: str) -> str:
    """Two texts that are not equal."""
    told = f"the token's {what} is {in_short(token)}, the credential's {in_short(credential)}"
    if not token or not credential:
        return f"the {'token' if not token else 'credential'} has no {what}"
    if token.rstrip("/") == credential.rstrip("/"):
        lacking = "credential" if len(token) > len(credential) else "token"
        return f"{told}: the {lacking}'s lacks the slash at the end"
    if token.strip() == credential.strip():
        return f"{told}: one has blanks around it"
    if token.lower() == credential.lower():
        return f"{told}: they differ in letter case"
    at = next((place for place, pair in enumerate(zip(token, credential, strict=False)) if pair[0] != pair[1]), None)
    return f"{told}: they differ from character {(min(len(token), len(credential)) if at is None else at) + 1} on"


def _listed(audiences: tuple[str, ...]) -> str:
    return ", ".join(in_short(each) for each in audiences) or "nobody"


def _read(parts: list[str]) -> Claims | None:
    head, body = _decoded(parts[0]), _decoded(parts[1])
    if head is None or body is None or "alg" not in head:
        return None
    try:
        found = _claims(body)
    except BadInput:
        return None
    told = (found.issuer, found.subject, *found.audiences)
    echoes = any(len(part) > 20 and part in each for part in parts for each in told)  # a token within a token
    return None if echoes or not (found.issuer and found.subject) else found


def _claims(body: Mapping[str, Any]) -> Claims:
    audience = body.get("aud")
    return Claims(
        text(body, "iss"),
        text(body, "sub"),
        (audience,) if isinstance(audience, str) else tuple(texts(body, "aud")),
        moment(_second(body, "exp")),
        moment(_second(body, "iat")),
    )


def _second(body: Mapping[str, Any], name: str) -> int | None:
    """Numbers may have a fraction. [SPEC: RFC 7519]"""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        return None
    return int(value)


def _decoded(part: str) -> dict[str, Any] | None:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError):
        return None
    return found if isinstance(found, dict) else None
