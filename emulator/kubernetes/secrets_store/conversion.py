"""From an object of a vault to the content of a file. [D] A key is its public half, a certificate its leaf, and the
secret of a certificate its key with the whole chain. [SRC]"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, pkcs12

from emulator.kubernetes.secrets_store.parameters import MountError, Wanted

PFX, PEM = "application/x-pkcs12", "application/x-pem-file"
_CURVES: Mapping[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
}


def content_of(wanted: Wanted, bundle: Mapping[str, Any]) -> bytes:
    """Raises MountError for what the provider cannot convert."""
    if wanted.kind == "key":
        return _public_key(bundle["key"])
    if wanted.kind == "cert":
        certificate = x509.load_der_x509_certificate(base64.b64decode(bundle["cer"]))
        return certificate.public_bytes(Encoding.PEM)
    return _decoded(wanted, _secret(wanted, bundle))


def _secret(wanted: Wanted, bundle: Mapping[str, Any]) -> str:
    """[SRC] Only what belongs to a certificate is looked into."""
    value, kind = str(bundle.get("value") or ""), str(bundle.get("contentType") or "")
    if not bundle.get("kid") or wanted.format.lower() == "pfx" or kind == PEM:
        return value
    if kind != PFX:
        raise MountError(f"failed to get certificate. unknown content type '{kind}'")
    key, leaf, others = pkcs12.load_key_and_certificates(base64.b64decode(value), None)
    parts = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())] if key else []
    parts += [one.public_bytes(Encoding.PEM) for one in (leaf, *others) if one]
    return b"".join(parts).decode()


def _decoded(wanted: Wanted, content: str) -> bytes:
    encoding = wanted.encoding.lower()
    try:
        if encoding == "base64":
            return base64.b64decode(content, validate=True)
        if encoding == "hex":
            return bytes.fromhex(content)
    except binascii.Error as error:
        at = next((index for index, one in enumerate(content) if not (one.isalnum() or one in "+/=")), 0)
        raise MountError(f"illegal base64 data at input byte {at}") from error
    except ValueError as error:
        odd = next((one for one in content if one not in "0123456789abcdefABCDEF"), "")
        raise MountError(
            f"encoding/hex: invalid byte: U+{ord(odd):04X} '{odd}'" if odd else "encoding/hex: odd length hex string"
        ) from error
    return content.encode()


def _public_key(key: Mapping[str, Any]) -> bytes:
    kind = str(key.get("kty"))
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    if kind == "RSA":
        public = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
    elif kind == "EC":
        curve = _CURVES.get(str(key.get("crv")))
        if curve is None:
            raise MountError(f"curve {key.get('crv')} is not supported")
        public = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), curve()).public_key()
    else:
        raise MountError(f"failed to get key. key type '{kind}' currently not supported")
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
