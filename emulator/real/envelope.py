"""For the oracle: whether the values in etcd can be decrypted, tried with nothing but the keys of the vaults.

[SRC] k8s.io/apiserver 0.20, value/encrypt/envelope: `k8s:enc:kms:v1:<provider>:`, the length of the wrapped key in two
bytes, the wrapped key, then AES-CBC with the initialization vector first and PKCS#7 padding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from emulator.core.http import Refusal
from emulator.dataplane.keyvault import algorithms as vault_algorithms
from emulator.dataplane.keyvault.versions import KeyVersion
from emulator.kubernetes.encryption import KeySlot

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

Keys = list[tuple[KeySlot, KeyVersion]]
"""Slots with their key versions."""
_PREFIX = b"k8s:enc:kms:v1:"
_OBJECT = b"k8s\0"
"""[SRC] What every object in etcd begins with, in protobuf."""
_BLOCK = 16


class Unreadable(Exception):
    """No key at hand decrypts the value."""


def provider_of(value: bytes) -> str | None:
    """The provider that wrote a value of KMS v1; None for one in plain."""
    if not value.startswith(b"k8s:enc:"):
        return None
    return value.removeprefix(_PREFIX).partition(b":")[0].decode() if value.startswith(_PREFIX) else ""


def opened(value: bytes, version: KeyVersion) -> bytes:
    """The object behind a value that was written under a key version. Raises Unreadable."""
    _, _, rest = value.removeprefix(_PREFIX).partition(b":")
    end = 2 + int.from_bytes(rest[:2], "big")
    sealed = rest[end:]
    try:
        key = vault_algorithms.decrypt(version.private_key, "RSA1_5", rest[2:end])
        cipher = Cipher(algorithms.AES(key), modes.CBC(sealed[:_BLOCK])).decryptor()
        padded = cipher.update(sealed[_BLOCK:]) + cipher.finalize()
        remover = PKCS7(_BLOCK * 8).unpadder()
        plain = remover.update(padded) + remover.finalize()
    except (Refusal, ValueError) as error:
        raise Unreadable(str(error)) from error
    if not plain.startswith(_OBJECT):
        raise Unreadable("what comes out is no object")
    return plain


class Readability:
    """Remembers which value a key version has opened: a value that stays is tried once."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world
        self._opened: set[tuple[str, bytes]] = set()
        """The key version, and a digest of the value."""

    def keys(self, slots: Sequence[KeySlot]) -> Keys:
        """The slots whose key version is there and enabled."""
        found = ((slot, self._world.keyvault.find(slot.kid)) for slot in slots)
        return [(slot, version) for slot, version in found if version is not None and version.enabled]

    def opens(self, value: bytes, keys: Keys) -> bool:
        """Whether one of the keys of the value's own provider opens it, or it is in plain."""
        provider = provider_of(value)
        if provider is None:
            return value.startswith(_OBJECT)
        return any(self._opens(value, version) for slot, version in keys if slot.provider == provider)

    def _opens(self, value: bytes, version: KeyVersion) -> bool:
        tried = version.kid, hashlib.sha256(value).digest()
        if tried not in self._opened:
            try:
                opened(value, version)
            except Unreadable:
                return False
            self._opened.add(tried)
        return True
