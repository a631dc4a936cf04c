"""Real RSA behind the data plane's algorithm names, and the keys themselves."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from emulator.dataplane.keyvault import refusals

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
RSA_SIZES = (2048, 3072, 4096)


def _oaep(algorithm: hashes.HashAlgorithm) -> padding.OAEP:
    return padding.OAEP(mgf=padding.MGF1(algorithm), algorithm=algorithm, label=None)


# RSA-OAEP means SHA-1 in the JSON web algorithms (RFC 7518) that Key Vault follows.
_PADDINGS: dict[str, padding.AsymmetricPadding] = {
    "RSA1_5": padding.PKCS1v15(),
    "RSA-OAEP": _oaep(hashes.SHA1()),
    "RSA-OAEP-256": _oaep(hashes.SHA256()),
}


@lru_cache(maxsize=256)
def rsa_key(version_id: str, size: int) -> rsa.RSAPrivateKey:
    """A fresh RSA key; kept for the process, so that the same world started again need not pay for it twice."""
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


@lru_cache(maxsize=256)
def ec_key(version_id: str, curve: str) -> ec.EllipticCurvePrivateKey:
    """A fresh key on one of CURVES, kept as `rsa_key` keeps its own."""
    return ec.generate_private_key(CURVES[curve])


def encoded(number_or_bytes: int | bytes) -> str:
    """base64url without padding, as JSON web keys and the data plane's values are written."""
    if isinstance(number_or_bytes, int):
        number_or_bytes = number_or_bytes.to_bytes((number_or_bytes.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(number_or_bytes).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes behind base64url, padded or not.

    Raises Refusal: 400 when it is not base64url.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise refusals.bad_parameter("Property  has invalid value\r\n") from error


def public_part(key: PrivateKey) -> dict[str, Any]:
    """The public members of the JSON web key."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"n": encoded(numbers.n), "e": encoded(numbers.e)}
    point = key.public_key().public_numbers()
    size = (key.key_size + 7) // 8
    curve = next(name for name, known in CURVES.items() if known.name == key.curve.name)
    return {"crv": curve, "x": encoded(point.x.to_bytes(size, "big")), "y": encoded(point.y.to_bytes(size, "big"))}


def encrypt(key: PrivateKey, algorithm: str, value: bytes) -> bytes:
    """RSA encryption with the public half.

    Raises Refusal: 400 for an unknown algorithm or a value too long for the key.
    """
    chosen = _padding(key, algorithm)
    assert isinstance(key, rsa.RSAPrivateKey)
    try:
        return key.public_key().encrypt(value, chosen)
    except ValueError as error:
        raise refusals.bad_parameter("The parameter is incorrect.\r\n") from error


def decrypt(key: PrivateKey, algorithm: str, value: bytes) -> bytes:
    """RSA decryption with the private half.

    Raises Refusal: 400 for an unknown algorithm or a value that this key did not encrypt.
    """
    chosen = _padding(key, algorithm)
    assert isinstance(key, rsa.RSAPrivateKey)
    try:
        return key.decrypt(value, chosen)
    except ValueError as error:
        raise refusals.bad_parameter("The parameter is incorrect.\r\n") from error


def _padding(key: PrivateKey, algorithm: str) -> padding.AsymmetricPadding:
    if algorithm not in _PADDINGS or not isinstance(key, rsa.RSAPrivateKey):
        raise refusals.bad_parameter(f"Algorithm {algorithm} is not supported by this key.")
    return _PADDINGS[algorithm]
