"""Encryption at rest: the list of providers of an API server, and the Azure KMS plugin behind its key slots."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from emulator.core.http import Refusal
from emulator.dataplane.keyvault.access import ControlPlane, Path

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

# [SRC] The health check of kube-apiserver believes a good answer for 20 seconds and a bad one for 3.
HEALTHY_FOR = timedelta(seconds=20)
UNHEALTHY_FOR = timedelta(seconds=3)


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
    def host(self) -> str:
        """The vault's."""
        return urlsplit(self.kid).netloc.lower()

    @property
    def key_id(self) -> str:
        """[PLUG] The plugin's key id: a hash of the key version's whole URL."""
        return hashlib.sha256(self.kid.encode()).hexdigest()

    @property
    def caller(self) -> ControlPlane:
        """Who asks the vault."""
        return ControlPlane(self.principal_id, self.path)


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
            return self._world.keyvault.use(slot.kid, operation, value, algorithm=self._algorithm, caller=slot.caller)
        except Refusal as refusal:
            raise TransformError(f"rpc error: code = Unknown desc = {told(operation, refusal)}") from refusal

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


def told(operation: str, refusal: Refusal) -> str:
    """[PLUG] What the plugin says when the vault refuses."""
    error = refusal.answer.body["error"]
    inner = error.get("innererror", {}).get("code")
    detail = f'Service returned an error. Status={refusal.answer.status} Code="{error["code"]}" '
    detail += f'Message="{error["message"]}"' + (f' InnerError={{"code":"{inner}"}}' if inner else "")
    return f"failed to {operation}, error: {detail}"


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
