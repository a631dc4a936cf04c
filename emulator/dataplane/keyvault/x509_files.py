"""X.509 certificates and their private keys, as the files that go into a vault and come out of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    load_key_and_certificates,
    serialize_key_and_certificates,
)

from emulator.dataplane.keyvault.algorithms import PrivateKey

_MONTH_DAYS = 30.4375


@dataclass(frozen=True)
class Pair:
    """A private key, and its certificate once somebody has signed it."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate | None

    @property
    def der(self) -> bytes:
        """Empty without a certificate."""
        return self.certificate.public_bytes(Encoding.DER) if self.certificate else b""

    @property
    def begins(self) -> int | None:
        """Seconds since 1970."""
        return int(self.certificate.not_valid_before_utc.timestamp()) if self.certificate else None

    @property
    def ends(self) -> int | None:
        """Seconds since 1970."""
        return int(self.certificate.not_valid_after_utc.timestamp()) if self.certificate else None

    def pem(self) -> str:
        """The private key (PKCS 8) and the certificate."""
        own = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signed = self.certificate.public_bytes(Encoding.PEM) if self.certificate else b""
        return (own + signed).decode()

    def pfx(self) -> str:
        """The same as PKCS 12 without a password, in base64."""
        made = serialize_key_and_certificates(None, self.key, self.certificate, None, NoEncryption())
        return base64.b64encode(made).decode()


def self_signed(key: rsa.RSAPrivateKey, subject: str, version: str, begins: datetime, months: int) -> Pair:
    """A certificate whose serial number comes of the version's id. Raises ValueError for a subject that is no name."""
    name = x509.Name.from_rfc4514_string(subject)
    start = begins.replace(microsecond=0)
    builder = x509.CertificateBuilder(name, name, key.public_key(), int(version, 16) >> 1)
    builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=months * _MONTH_DAYS))
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    return Pair(key, builder.add_extension(constraints, critical=True).sign(key, hashes.SHA256()))


def signing_request(key: PrivateKey, subject: str) -> str:
    """PKCS 10 in base64."""
    request = x509.CertificateSigningRequestBuilder(x509.Name.from_rfc4514_string(subject))
    return base64.b64encode(request.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)).decode()


def read(text: str, password: str | None) -> Pair:
    """A private key with its certificate out of PEM, or of PFX in base64. Raises ValueError."""
    if "-----BEGIN" in text:
        data = text.encode()
        key, certificate = load_pem_private_key(data, None), x509.load_pem_x509_certificate(data)
        found: tuple[Any, x509.Certificate | None] = (key, certificate)
    else:
        found = load_key_and_certificates(base64.b64decode(text), password.encode() if password else None)[:2]
    if not isinstance(found[0], rsa.RSAPrivateKey) or found[1] is None:
        raise ValueError("no RSA key with a certificate")
    return Pair(found[0], found[1])


def properties(pair: Pair) -> dict[str, Any]:
    """The `x509_props` of an imported certificate's policy [REC]."""
    certificate = pair.certificate
    assert certificate is not None
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    try:
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    return {
        "subject": certificate.subject.rfc4514_string(),
        "ekus": [],
        "key_usage": [],
        "validity_months": round(life.days / _MONTH_DAYS),
        "basic_constraints": {"ca": authority},
    }
