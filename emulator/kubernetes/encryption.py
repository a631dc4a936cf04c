"""Encryption at rest, as kube-apiserver's KMS v1 and v2 providers do it with the Azure plugin behind them."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emulator.core.http import Refusal

if TYPE_CHECKING:
    from emulator.dataplane.keyvault.access import Path
    from emulator.world import EmulatedWorld

# [SRC] kube-apiserver: the plugin's Status is asked once a minute; writes go on for three minutes without a good one;
# a decrypted DEK is forgotten after a day; the health check believes a good answer for 20 s and a bad one for 3 s.
STATUS_INTERVAL = timedelta(minutes=1)
WRITES_WITHOUT_STATUS = timedelta(minutes=3)
DEK_CACHE_LIFE = timedelta(hours=24)
HEALTHY_FOR = timedelta(seconds=20)
UNHEALTHY_FOR = timedelta(seconds=3)
# [SRC] KMS v1 keeps this many decrypted DEKs; each object has its own.
V1_CACHE_SIZE = 1000
_NONCE = 12


class TransformError(Exception):
    """A value cannot be read or written; the text is what the API server puts into its error."""


@dataclass(frozen=True)
class KeySlot:
    """One KMS plugin beside the API servers: the key version it uses, as whom, by which way, and its provider's name
    in the EncryptionConfiguration (part of the prefix in etcd)."""

    kid: str
    principal_id: str
    path: Path
    provider: str

    @property
    def key_id(self) -> str:
        """[PLUG] The plugin's key id: a hash of the key version's whole URL."""
        return hashlib.sha256(self.kid.encode()).hexdigest()


class Provider(Protocol):
    """One entry of the EncryptionConfiguration."""

    prefix: bytes

    def read(self, data: bytes, key: str) -> tuple[bytes, bool]:
        """The object, and whether it is stale; `key` is the key in etcd, which the value is bound to.

        Raises TransformError.
        """
        ...

    def write(self, plain: bytes, key: str) -> bytes:
        """The bytes for etcd without the prefix.

        Raises TransformError.
        """
        ...


class Identity:
    """Values as they are."""

    prefix = b""

    def read(self, data: bytes, key: str) -> tuple[bytes, bool]:
        if data.startswith(b"k8s:enc:"):
            raise TransformError("identity transformer tried to read encrypted data")
        return data, False

    def write(self, plain: bytes, key: str) -> bytes:
        return plain


class Plugin:
    """The Azure KMS plugin of a slot: every call is a request to Key Vault as the cluster's identity."""

    def __init__(self, world: EmulatedWorld, slot: KeySlot, algorithm: str) -> None:
        self.slot = slot
        self.key_id_uses: Counter[str] = Counter()
        """from_storage and to_storage -> how often the key id was used, for the metrics."""
        self.well_since: datetime | None = None
        """When Status last was good."""
        self._world = world
        self._algorithm = algorithm
        self._health: tuple[datetime, str | None] | None = None

    def now(self) -> datetime:
        return self._world.clock.now()

    def call(self, operation: str, value: bytes) -> bytes:
        """`encrypt` or `decrypt` at the vault.

        Raises TransformError with the vault's error, as gRPC hands it on.
        """
        slot = self.slot
        try:
            return self._world.keyvault.use(
                slot.kid, operation, value, algorithm=self._algorithm, caller=slot.principal_id, path=slot.path
            )
        except Refusal as refusal:
            error = refusal.answer.body["error"]
            inner = error.get("innererror", {}).get("code")
            detail = f'Service returned an error. Status={refusal.answer.status} Code="{error["code"]}" '
            detail += f'Message="{error["message"]}"' + (f' InnerError={{"code":"{inner}"}}' if inner else "")
            text = f"rpc error: code = Unknown desc = failed to {operation}, error: {detail}"
            raise TransformError(text) from refusal

    def status(self) -> None:
        """[PLUG] A real encrypt and decrypt.

        Raises TransformError.
        """
        ping = b"healthcheck"
        self.call("decrypt", self.call("encrypt", ping))
        self.well_since = self.now()

    def health(self) -> str | None:
        """What the API server's health check says of the plugin: None when it is well."""
        if self._health is not None:
            since, error = self._health
            if self.now() - since < (UNHEALTHY_FOR if error else HEALTHY_FOR):
                return error
        try:
            self.status()
            error = None
        except TransformError as problem:
            error = str(problem)
        self._health = (self.now(), error)
        return error


class KmsV1:
    """KMS v1: a DEK for every object, wrapped by Key Vault on every write. A value is stale when another provider
    wrote it; the key behind the provider is not looked at."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.prefix = f"k8s:enc:kms:v1:{plugin.slot.provider}:".encode()
        self._deks: OrderedDict[bytes, AESGCM] = OrderedDict()

    def read(self, data: bytes, key: str) -> tuple[bytes, bool]:
        wrapped, sealed = _unpack(data)
        dek = self._deks.get(wrapped)
        if dek is None:
            try:
                dek = AESGCM(self.plugin.call("decrypt", wrapped))
            except TransformError as error:
                raise TransformError(f"failed to decrypt DEK, error: {error}") from error
            except ValueError as error:  # RSA1_5 gives noise for a value that another key encrypted
                raise TransformError("invalid padding on input") from error
        self._remember(wrapped, dek)
        return _open(dek, sealed, key), False

    def write(self, plain: bytes, key: str) -> bytes:
        secret = AESGCM.generate_key(256)
        try:
            wrapped = self.plugin.call("encrypt", secret)
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
    """KMS v2: one DEK for all objects until the key id changes or the API server restarts. A value is stale when
    another provider or another key id wrote it."""

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

    def read(self, data: bytes, key: str) -> tuple[bytes, bool]:
        if self._current is None:
            # [SRC] Also reads need a plugin that was well once since the start.
            raise TransformError("got unexpected nil transformer")
        key_id, packed = data[:64], data[64:]
        wrapped, sealed = _unpack(packed)
        plain = _open(self._dek(key_id, wrapped), sealed, key)
        self.plugin.key_id_uses["from_storage"] += 1
        return plain, key_id != self._key_id

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
        try:
            dek = AESGCM(self.plugin.call("decrypt", wrapped))
        except TransformError as error:
            raise TransformError(f"failed to decrypt DEK, error: {error}") from error
        self._deks[wrapped] = (now, dek)
        return dek


def metric_hash(slot: KeySlot) -> str:
    """[SRC] The key id as metrics and texts show it."""
    return "sha256:" + hashlib.sha256(slot.key_id.encode()).hexdigest()


class Providers:
    """The list of providers for one resource: the first writes, any may read."""

    def __init__(self, providers: list[Provider]) -> None:
        self._providers = providers

    def read(self, value: bytes, key: str) -> tuple[bytes, bool]:
        """The object behind a value in etcd, and whether an update must write it anew.

        Raises TransformError.
        """
        errors = []
        for number, provider in enumerate(self._providers):
            if not value.startswith(provider.prefix):
                continue
            try:
                plain, stale = provider.read(value[len(provider.prefix) :], key)
            except TransformError as error:
                # [SRC] A provider without a prefix only finds out that the value is not its own.
                errors += [error] if provider.prefix else []
                continue
            return plain, stale or number > 0
        raise errors[0] if errors else TransformError("no matching prefix found")

    def write(self, plain: bytes, key: str) -> bytes:
        """The bytes for etcd.

        Raises TransformError.
        """
        first = self._providers[0]
        return first.prefix + first.write(plain, key)


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
