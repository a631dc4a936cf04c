"""The KMS providers of kube-apiserver, v1 and v2: envelope encryption with keys that only the plugin can unwrap."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emulator.kubernetes.encryption import Plugin, TransformError, metric_hash

# [SRC] The plugin's Status is asked once a minute; writes go on for three minutes without a good one; a decrypted DEK
# is forgotten after a day.
STATUS_INTERVAL = timedelta(minutes=1)
WRITES_WITHOUT_STATUS = timedelta(minutes=3)
DEK_CACHE_LIFE = timedelta(hours=24)
# [SRC] KMS v1 keeps this many decrypted DEKs; each object has its own.
V1_CACHE_SIZE = 1000
_NONCE = 12


class KmsV1:
    """KMS v1: a DEK for every object, wrapped by Key Vault on every write. A value is stale when another provider
    wrote it; which key is behind the provider is not looked at [SEEN]. `former` are plugins of the same provider name:
    keys that the provider had before and can still decrypt with."""

    def __init__(self, plugin: Plugin, former: Sequence[Plugin] = ()) -> None:
        self.plugins = [plugin, *former]
        self.prefix = f"k8s:enc:kms:v1:{plugin.slot.provider}:".encode()
        self._deks: OrderedDict[bytes, AESGCM] = OrderedDict()

    def read(self, data: bytes, key: str) -> tuple[bytes, bool]:
        wrapped, sealed = _unpack(data)
        known = self._deks.get(wrapped)
        if known is not None:
            self._remember(wrapped, known)
            return _open(known, sealed, key), False
        errors = []
        for plugin in self.plugins:
            try:
                dek = _dek_of(plugin, wrapped)
                plain = _open(dek, sealed, key)
            except TransformError as error:
                errors.append(error)
                continue
            self._remember(wrapped, dek)
            return plain, False
        raise errors[0]

    def write(self, plain: bytes, key: str) -> bytes:
        secret = AESGCM.generate_key(256)
        try:
            wrapped = self.plugins[0].call("encrypt", secret)
        except TransformError as error:
            raise TransformError(f"failed to encrypt DEK, error: {error}") from error
        dek = AESGCM(secret)
        self._remember(wrapped, dek)
        return _pack(wrapped, _seal(dek, plain, key))

    def _remember(self, wrapped: bytes, dek: AESGCM) -> None:
        self._deks[wrapped] = dek
        self._deks.move_to_end(wrapped)
        if len(self._deks) > V1_CACHE_SIZE:
            self._deks.popitem(last=False)


class KmsV2:
    """KMS v2: one DEK for all objects until the API server restarts. What another key id wrote is not stale but
    unreadable here: the plugin of a slot knows one key, and refuses any other key id [PLUG]."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.prefix = f"k8s:enc:kms:v2:{plugin.slot.provider}:".encode()
        self._key_id = plugin.slot.key_id.encode()
        self._deks: dict[bytes, tuple[datetime, AESGCM]] = {}
        self._current: tuple[bytes, AESGCM] | None = None
        self._writes_until: datetime | None = None
        self._asked: datetime | None = None
        self.poll()

    def poll(self) -> None:
        """Asks the plugin's Status once a minute; a good answer makes the DEK, or keeps it usable."""
        now = self.plugin.now()
        if self._asked is not None and now - self._asked < STATUS_INTERVAL:
            return
        self._asked = now
        try:
            self.plugin.status()
            if self._current is None:
                secret = AESGCM.generate_key(256)
                self._current = (self.plugin.call("encrypt", secret), AESGCM(secret))
                self._deks[self._current[0]] = (now, self._current[1])
        except TransformError:
            return
        self._writes_until = now + WRITES_WITHOUT_STATUS

    def lapse(self) -> None:
        """The last good Status was three minutes ago: what a world may begin with. The next one is asked at once."""
        self._asked = None
        if self._writes_until is not None:
            self._writes_until = self.plugin.now()

    def read(self, data: bytes, key: str) -> tuple[bytes, bool]:
        if self._current is None:
            # [SRC] Also reads need a plugin that was well once since the start.
            raise TransformError("got unexpected nil transformer")
        key_id, packed = data[:64], data[64:]
        wrapped, sealed = _unpack(packed)
        plain = _open(self._dek(key_id, wrapped), sealed, key)
        self.plugin.key_id_uses["from_storage"] += 1
        return plain, False

    def write(self, plain: bytes, key: str) -> bytes:
        if self._current is None or self._writes_until is None:
            raise TransformError("got unexpected nil transformer")
        if self.plugin.now() > self._writes_until:
            text = f'encryptedDEKSource with keyID hash "{metric_hash(self.plugin.slot)}" expired at '
            text += f"{self._writes_until:%Y-%m-%dT%H:%M:%SZ} (current time is {self.plugin.now():%Y-%m-%dT%H:%M:%SZ})"
            raise TransformError(text)
        wrapped, dek = self._current
        self.plugin.key_id_uses["to_storage"] += 1
        return self._key_id + _pack(wrapped, _seal(dek, plain, key))

    def _dek(self, key_id: bytes, wrapped: bytes) -> AESGCM:
        now = self.plugin.now()
        known = self._deks.get(wrapped)
        if known is not None and now - known[0] < DEK_CACHE_LIFE:
            return known[1]
        if key_id != self._key_id:
            text = f"failed to decrypt, error: key id {key_id.decode()} does not match expected {self._key_id.decode()}"
            raise TransformError(f"failed to decrypt DEK, error: rpc error: code = Unknown desc = {text}")
        dek = _dek_of(self.plugin, wrapped)
        self._deks[wrapped] = (now, dek)
        return dek


def _dek_of(plugin: Plugin, wrapped: bytes) -> AESGCM:
    """Raises TransformError when the vault does not decrypt it."""
    try:
        return AESGCM(plugin.call("decrypt", wrapped))
    except TransformError as error:
        raise TransformError(f"failed to decrypt DEK, error: {error}") from error
    except ValueError as error:  # RSA1_5 gives noise of any length for what another key encrypted
        raise TransformError("failed to decrypt DEK, error: invalid padding on input") from error


def _pack(wrapped: bytes, sealed: bytes) -> bytes:
    return len(wrapped).to_bytes(2, "big") + wrapped + sealed


def _unpack(data: bytes) -> tuple[bytes, bytes]:
    """The wrapped DEK and the sealed object."""
    end = 2 + int.from_bytes(data[:2], "big")
    return data[2:end], data[end:]


def _seal(dek: AESGCM, plain: bytes, key: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + dek.encrypt(nonce, plain, key.encode())


def _open(dek: AESGCM, sealed: bytes, key: str) -> bytes:
    try:
        return dek.decrypt(sealed[:_NONCE], sealed[_NONCE:], key.encode())
    except (InvalidTag, ValueError) as error:
        raise TransformError("cipher: message authentication failed") from error
