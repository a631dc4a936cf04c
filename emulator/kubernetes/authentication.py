"""Who a request comes from: a client certificate, the token of a kubeconfig, or an Entra token."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import NameOID

from emulator.core.http import Call
from emulator.entra.tokens import TokenRefused
from emulator.kubernetes import statuses
from emulator.worlds.cluster_access import CLUSTER_USER
from emulator.worlds.spec import SERVER_APP

if TYPE_CHECKING:
    from emulator.kubernetes.face import ClusterFace

MASTERS = "system:masters"


@dataclass(frozen=True)
class User:
    """`principal_id` is the object id in Entra of whoever came with an Entra token."""

    name: str
    groups: frozenset[str] = field(default_factory=frozenset)
    principal_id: str | None = None


def authenticated(server: ClusterFace, call: Call) -> User:
    """The user of a request. With local accounts disabled only Entra tokens count, without Entra integration they
    count for nothing [D].

    Raises Refusal: 401.
    """
    if server.local_accounts:
        if call.certificate is not None:
            return _certified(call.certificate)
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), server.static_token.encode()):
            return User(CLUSTER_USER, frozenset({MASTERS, "system:authenticated"}))
        if scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), server.user_token.encode()):
            return User(CLUSTER_USER, frozenset({"system:authenticated"}))
    if server.entra is None:
        raise statuses.unauthorized()
    try:
        claims = call.world.tokens.check(call.headers.get("authorization"), (SERVER_APP,))
    except TokenRefused as refused:
        raise statuses.unauthorized() from refused
    groups = frozenset(claims.get("groups") or ()) | {"system:authenticated"}
    return User(claims.get("upn") or claims["oid"], groups, claims["oid"])


@lru_cache(maxsize=64)
def _certified(certificate: bytes) -> User:
    """The common name is the user, the organizations are the groups; the TLS handshake has checked the signature."""
    subject = x509.load_der_x509_certificate(certificate).subject
    name = str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    organizations = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return User(name, frozenset({str(one.value) for one in organizations} | {"system:authenticated"}))
