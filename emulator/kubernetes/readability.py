"""For the oracle: whether every stored secret still decrypts, tried with nothing but etcd and the vaults' keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emulator.core.http import Refusal
from emulator.dataplane.keyvault import algorithms
from emulator.dataplane.keyvault.versions import KeyVersion
from emulator.kubernetes.encryption import KeySlot
from emulator.kubernetes.kinds import SECRETS

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

_NONCE = 12


class Readability:
    """Remembers what was tried: only what changed is tried again. It shares no cache with the API server."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._keys: tuple[tuple[KeySlot, bool], ...] = ()
        self._deks: dict[tuple[str, bytes], AESGCM | None] = {}
        self._unreadable: set[str] = set()

    def unreadable(self) -> set[str]:
        """The keys in etcd of the secrets that no enabled, undeleted key version in a slot decrypts."""
        storage = self._server.registry.storage
        keys = tuple((slot, self._usable(slot) is not None) for slot in self._server.slots)
        changed = storage.changed
        if keys != self._keys:
            self._keys, self._deks = keys, {}
            changed = {key for key, _ in storage.range(SECRETS.prefix(None), "", storage.revision)} | self._unreadable
        for key in changed:
            if key.startswith(SECRETS.prefix(None)):
                self._try(key)
        storage.changed.clear()
        return self._unreadable

    def _try(self, key: str) -> None:
        entry = self._server.registry.storage.get(key)
        if entry is None or (entry.value is not None and self._decrypts(entry.value, key)):
            self._unreadable.discard(key)
        else:
            self._unreadable.add(key)

    def _decrypts(self, value: bytes, key: str) -> bool:
        if not value.startswith(b"k8s:enc:kms:"):
            return True
        version, provider, rest = value.removeprefix(b"k8s:enc:kms:").split(b":", 2)
        if version == b"v2":
            key_id, rest = rest[:64], rest[64:]
        slots = [slot for slot in self._server.slots if slot.provider.encode() == provider]
        if version == b"v2":
            slots = [slot for slot in slots if slot.key_id.encode() == key_id]
        end = 2 + int.from_bytes(rest[:2], "big")
        algorithm = "RSA-OAEP-256" if version == b"v2" else "RSA1_5"
        return any(self._opens(slot, algorithm, (rest[2:end], rest[end:]), key) for slot in slots)

    def _opens(self, slot: KeySlot, algorithm: str, parts: tuple[bytes, bytes], key: str) -> bool:
        wrapped, sealed = parts
        if (slot.kid, wrapped) not in self._deks:
            self._deks[slot.kid, wrapped] = self._unwrapped(slot, algorithm, wrapped)
        dek = self._deks[slot.kid, wrapped]
        if dek is None:
            return False
        try:
            dek.decrypt(sealed[:_NONCE], sealed[_NONCE:], key.encode())
        except InvalidTag:
            return False
        return True

    def _unwrapped(self, slot: KeySlot, algorithm: str, wrapped: bytes) -> AESGCM | None:
        version = self._usable(slot)
        if version is None:
            return None
        try:
            return AESGCM(algorithms.decrypt(version.private_key, algorithm, wrapped))
        except (Refusal, ValueError):
            return None

    def _usable(self, slot: KeySlot) -> KeyVersion | None:
        version = self._server.world.keyvault.find(slot.kid)
        return version if version is not None and version.enabled else None
