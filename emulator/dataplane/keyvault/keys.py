"""The keys of all vaults: versions, deletion and recovery, and their use by AKS and by callers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.dataplane.keyvault import access, algorithms, refusals
from emulator.dataplane.keyvault.versions import KeyVersion, new_version

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_KID = re.compile(r"https://([^/:]+)(?::443)?/keys/([0-9a-zA-Z-]{1,127})(?:/([0-9a-zA-Z]+))?/?")
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_ENCRYPTING = ("encrypt", "wrapKey")


@dataclass
class Key:
    """A key name: its versions, oldest first, and when it was deleted (seconds since 1970)."""

    name: str
    versions: list[KeyVersion] = field(default_factory=list)
    deleted: int | None = None


class KeyVault:
    """`world.keyvault`. Vaults themselves are ARM resources; here are only their keys."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world
        self._keys: dict[tuple[str, str], Key] = {}
        # Goes on counting after a purge: a key made again under an old name is another key.
        self._made: Counter[tuple[str, str]] = Counter()
        self.operations: Counter[tuple[str, str]] = Counter()
        """How often a key version did an operation, by kid and operation, as the vault's audit log would count."""
        self._platform: dict[str, KeyVersion] = {}
        self._vaults: dict[str, Resource] = {}
        """By name, as they were found last: a fleet's keys are asked for often."""

    def vault(self, host: str) -> Resource | None:
        """The vault that answers at a host name (`shop-kv.vault.emulator.test`); None when there is none."""
        name = host.partition(".")[0].lower()
        known = self._vaults.get(name)
        if known is not None and self._world.resources.get(known.id) is known:
            return known
        for vault in self._world.resources.under("", "Microsoft.KeyVault/vaults"):
            if vault.id.rpartition("/")[2].lower() == name:
                self._vaults[name] = vault
                return vault
        return None

    def create(self, vault_host: str, name: str, request: Mapping[str, Any]) -> KeyVersion:
        """A new version of a key, and the key when it is new; `request` is the data plane's create body.

        Raises Refusal: 400 for a name or a key that cannot be, 409 when the name is deleted but not purged.
        """
        if not _NAME.fullmatch(name):
            raise refusals.bad_parameter(f"The request URI contains an invalid name: {name}")
        key = self._living_or_deleted(vault_host, name)
        if key and key.deleted is not None:
            raise refusals.deleted_but_recoverable(name)
        address = (vault_host.lower(), name.lower())
        version = self._world.ids.uuid("key", *address, str(self._made[address])).replace("-", "")
        made = new_version((address[0], key.name if key else name, version), request, self._now())
        self._made[address] += 1
        key = key or self._keys.setdefault(address, Key(name))
        key.versions.append(made)
        return made

    def platform_key(self, cluster_id: str) -> KeyVersion:
        """The key that the platform keeps for a cluster, in a vault of its own that no customer sees. [D]"""
        address = ("keys.platform.emulator.test", "aks", self._world.ids.uuid("platform", cluster_id).replace("-", ""))
        kid = "https://{}/keys/{}/{}".format(*address)
        if kid not in self._platform:
            self._platform[kid] = new_version(address, {"kty": "RSA", "key_size": 2048}, self._now())
        return self._platform[kid]

    def use(self, kid: str, operation: str, value: bytes, *, algorithm: str, caller: access.ControlPlane) -> bytes:
        """What the vault answers a part of Azure's control plane: `operation` is encrypt or decrypt.

        Raises Refusal: the data plane's 403, 404 or 400.
        """
        if kid in self._platform:
            return self.apply(self._platform[kid], operation, algorithm, value)
        host = kid.removeprefix("https://").partition("/")[0].partition(":")[0]
        vault = self.vault(host)
        if vault is None:
            raise refusals.key_not_found(kid)
        tenant = str(vault.body["properties"].get("tenantId"))
        who = access.Caller(caller.principal_id, tenant, caller.path, address=None)
        access.refuse_unless_reachable(vault, who)
        name = kid.partition("/keys/")[2].partition("/")[0]
        access.refuse_unless_allowed(self._world, vault, who, operation, name)
        return self.apply(self.version(kid), operation, algorithm, value)

    def apply(self, version: KeyVersion, operation: str, algorithm: str, value: bytes) -> bytes:
        """The operation itself (encrypt, decrypt, wrapKey, unwrapKey), for whoever may.

        Raises Refusal: 403 when the key version does not allow it now, 400 when it cannot.
        """
        version.refuse_unless_usable(operation, self._world.clock.now().timestamp())
        self.operations[version.kid, operation] += 1
        transform = algorithms.encrypt if operation in _ENCRYPTING else algorithms.decrypt
        return transform(version.private_key, algorithm, value)

    def find(self, kid: str) -> KeyVersion | None:
        """The living key version that an identifier names, the newest when it names none; None when there is none."""
        if kid in self._platform:
            return self._platform[kid]
        match = _KID.fullmatch(kid)
        key = self._living_or_deleted(match[1], match[2]) if match else None
        if match is None or key is None or key.deleted is not None or self.vault(match[1]) is None:
            return None
        wanted = (match[3] or key.versions[-1].version).lower()
        return next((version for version in key.versions if version.version == wanted), None)

    def newest_enabled(self, kid: str) -> KeyVersion | None:
        """Of the key that an identifier without a version names; None when there is none."""
        newest = self.find(kid)
        versions = self.key(newest.vault_host, newest.name).versions if newest else []
        return next((version for version in reversed(versions) if version.enabled), None)

    def version(self, kid: str) -> KeyVersion:
        """As `find`.

        Raises Refusal: 404 KeyNotFound.
        """
        found = self.find(kid)
        if found is None:
            raise refusals.key_not_found(kid.partition("/keys/")[2].rstrip("/"))
        return found

    def living(self, vault_host: str) -> list[Key]:
        """The keys of a vault by name."""
        return [key for key in self._of(vault_host) if key.deleted is None]

    def deleted(self, vault_host: str) -> list[Key]:
        """The deleted keys of a vault that are not purged yet, by name."""
        return [key for key in self._of(vault_host) if key.deleted is not None]

    def key(self, vault_host: str, name: str) -> Key:
        """A living key.

        Raises Refusal: 404 KeyNotFound.
        """
        key = self._living_or_deleted(vault_host, name)
        if key is None or key.deleted is not None:
            raise refusals.key_not_found(name)
        return key

    def deleted_key(self, vault_host: str, name: str) -> Key:
        """A deleted key.

        Raises Refusal: 404 KeyNotFound.
        """
        key = self._living_or_deleted(vault_host, name)
        if key is None or key.deleted is None:
            raise refusals.deleted_key_not_found(name)
        return key

    def delete(self, vault_host: str, name: str) -> Key:
        """All versions at once; there is no deleting of one version [D].

        Raises Refusal: 404 KeyNotFound.
        """
        key = self.key(vault_host, name)
        key.deleted = self._now()
        return key

    def recover(self, vault_host: str, name: str) -> Key:
        """Brings a deleted key back with all its versions.

        Raises Refusal: 404 KeyNotFound.
        """
        key = self.deleted_key(vault_host, name)
        key.deleted = None
        return key

    def purge(self, vault_host: str, name: str) -> None:
        """Removes a deleted key for ever.

        Raises Refusal: 404 KeyNotFound, 403 when the vault protects against purging.
        """
        key = self.deleted_key(vault_host, name)
        vault = self.vault(vault_host)
        if vault is not None and vault.body["properties"].get("enablePurgeProtection"):
            text = 'Operation "purge" is not allowed because purge protection is enabled for this vault.'
            raise refusals.forbidden(text, "ForbiddenByPolicy")
        del self._keys[vault_host.lower(), key.name.lower()]

    def forget_vault(self, vault_host: str) -> None:
        """All keys of a vault that was purged; a vault that is only deleted keeps them."""
        for address in [address for address in self._keys if address[0] == vault_host.lower()]:
            del self._keys[address]

    def recovery(self, vault_host: str) -> dict[str, Any]:
        """`recoveryLevel` and `recoverableDays`, which follow from the vault's settings [D][REC]."""
        vault = self.vault(vault_host)
        properties = vault.body["properties"] if vault else {}
        days = int(properties.get("softDeleteRetentionInDays") or 90)
        level = "Recoverable" if days == 90 else "CustomizedRecoverable"
        if not properties.get("enablePurgeProtection"):
            level += "+Purgeable"
        return {"recoveryLevel": level, "recoverableDays": days}

    def purge_date(self, vault_host: str, key: Key) -> int:
        """When the service itself purges a deleted key, in seconds since 1970."""
        return (key.deleted or 0) + int(self.recovery(vault_host)["recoverableDays"]) * 86400

    def _of(self, vault_host: str) -> list[Key]:
        names = sorted(name for host, name in self._keys if host == vault_host.lower())
        found = (self._living_or_deleted(vault_host, name) for name in names)
        return [key for key in found if key is not None]

    def _living_or_deleted(self, vault_host: str, name: str) -> Key | None:
        """The key; one whose retention has run out is purged by looking at it."""
        key = self._keys.get((vault_host.lower(), name.lower()))
        if key and key.deleted is not None and self._now() >= self.purge_date(vault_host, key):
            del self._keys[vault_host.lower(), name.lower()]
            return None
        return key

    def _now(self) -> int:
        return int(self._world.clock.now().timestamp())
