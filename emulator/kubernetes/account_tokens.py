"""Tokens of service accounts: TokenRequest, and what is in the token. [SRC]"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from emulator.kubernetes import statuses
from emulator.kubernetes.kinds import SERVICE_ACCOUNTS, Kind, Target

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

Object = dict[str, Any]
SUBJECT = "system:serviceaccount:{namespace}:{name}"
_SHORTEST, _USUAL = 600, 3600
_REQUEST = Kind("authentication.k8s.io", "v1", "tokenrequests", "TokenRequest")


def requested(server: ApiServer, target: Target, body: Object) -> Object:
    """The TokenRequest with its status. Raises Refusal: 404 for the account, 422 for a life that is too short."""
    assert target.namespace is not None and target.name is not None
    account = server.registry.get(Target(SERVICE_ACCOUNTS, target.namespace, target.name)).content()
    spec = body.get("spec") or {}
    seconds = int(spec.get("expirationSeconds") or _USUAL)
    if seconds < _SHORTEST:
        text = f"Invalid value: {seconds}: may not specify a duration less than 10 minutes"
        raise statuses.invalid_fields(_REQUEST, "", [("spec.expirationSeconds", text)])
    if server.longest_token is not None:
        seconds = min(seconds, int(server.longest_token))
    audiences = list(spec.get("audiences") or [server.issuer])
    now = server.world.clock.now()
    expires = now + timedelta(seconds=seconds)
    metadata = account["metadata"]
    named = {"name": metadata["name"], "uid": metadata["uid"]}
    claims = {
        "aud": audiences,
        "exp": int(expires.timestamp()),
        "iat": int(now.timestamp()),
        "iss": server.issuer,
        "jti": server.world.ids.next("token"),
        "kubernetes.io": {"namespace": target.namespace, "serviceaccount": named},
        "nbf": int(now.timestamp()),
        "sub": SUBJECT.format(namespace=target.namespace, name=target.name),
    }
    made = {"name": target.name, "namespace": target.namespace, "creationTimestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": made,
        "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": spec.get("boundObjectRef")},
        "status": {"token": _token(claims), "expirationTimestamp": f"{expires:%Y-%m-%dT%H:%M:%SZ}"},
    }


def _token(claims: Object) -> str:
    """[OWN] Nobody checks the signature, so it is none."""
    issuer = str(claims["iss"]).encode()
    header = {"alg": "RS256", "kid": base64.urlsafe_b64encode(hashlib.sha256(issuer).digest()).rstrip(b"=").decode()}
    signed = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{signed}.{_encoded(hashlib.sha512(signed.encode()).digest() * 4)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
