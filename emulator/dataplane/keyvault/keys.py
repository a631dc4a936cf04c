"""What is in all vaults; their keys, and the use of those by AKS and by callers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.dataplane.keyvault import access, algorithms, refusals
from emulator.dataplane.keyvault.certificates import Certificates
from emulator.dataplane.keyvault.secrets import Secrets
from emulator.dataplane.keyvault.shelf import Named, Shelf
from emulator.dataplane.keyvault.throttle import Throttle
from emulator.dataplane.keyvault.versions import KeyVersion, new_version

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_KID = re.compile(r"https://([^/:]+)(?::443)?/keys/([0-9a-zA-Z-]{1,127})(?:/([0-9a-zA-Z]+))?/?")
_ENCRYPTING = ("encrypt", "wrapKey")


Key = Named[KeyVersion]


class KeyVault:
    """`world.keyvault`. Vaults themselves are ARM resources; here is what is in them."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world
        self.keys: Shelf[KeyVersion] = Shelf(world, "key")
        self.secrets = Secrets(world)
        self.certificates = Certificates(world, self.keys, self.secrets.shelf)
        self.throttle = Throttle(world)
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

        Raises Refusal: 400 for a name or a key that cannot be, 403 for a certificate's, 409 when the name is deleted
        but not purged.
        """
        self._refuse_managed(vault_host, name, "create")
        made = new_version(self.keys.address_of_next(vault_host, name), request, self.keys.now)
        return self.keys.add(vault_host, name, made)

    def platform_key(self, cluster_id: str) -> KeyVersion:
        """The key that the platform keeps for a cluster, in a vault of its own that no customer sees. [D]"""
        address = ("keys.platform.emulator.test", "aks", self._world.ids.uuid("platform", cluster_id).replace("-", ""))
        kid = "https://{}/keys/{}/{}".format(*address)
        if kid not in self._platform:
            self._platform[kid] = new_version(address, {"kty": "RSA", "key_size": 2048}, self.keys.now)
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
            raise refusals.not_found("key", kid)
        tenant = str(vault.body["properties"].get("tenantId"))
        who = access.Caller(caller.principal_id, tenant, caller.path, address=None)
        access.refuse_unless_reachable(vault, who)
        name = kid.partition("/keys/")[2].partition("/")[0]
        access.refuse_unless_allowed(self._world, vault, who, access.Wish("key", operation, name))
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
        key = self.keys.look(match[1], match[2]) if match else None
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
            raise refusals.not_found("key", kid.partition("/keys/")[2].rstrip("/"))
        return found

    def living(self, vault_host: str) -> list[Key]:
        """The keys of a vault by name."""
        return self.keys.living(vault_host)

    def deleted(self, vault_host: str) -> list[Key]:
        """The deleted keys of a vault that are not purged yet, by name."""
        return self.keys.deleted(vault_host)

    def key(self, vault_host: str, name: str) -> Key:
        """A living key.

        Raises Refusal: 404 KeyNotFound.
        """
        return self.keys.get(vault_host, name)

    def delete(self, vault_host: str, name: str) -> Key:
        """All versions of a key.

        Raises Refusal: 404 KeyNotFound, 403 for a certificate's key.
        """
        self._refuse_managed(vault_host, name, "delete")
        return self.keys.delete(vault_host, name)

    def _refuse_managed(self, vault_host: str, name: str, operation: str) -> None:
        found = self.keys.look(vault_host, name)
        if found is not None and found.newest.managed:
            raise refusals.managed("key", operation)

    def recover(self, vault_host: str, name: str) -> Key:
        """Brings a deleted key back.

        Raises Refusal: 404 KeyNotFound.
        """
        return self.keys.recover(vault_host, name)

    def purge(self, vault_host: str, name: str) -> None:
        """Removes a deleted key for ever.

        Raises Refusal: 404 KeyNotFound, 403 when the vault protects against purging.
        """
        self.keys.purge(vault_host, name)

    def forget_vault(self, vault_host: str) -> None:
        """Everything in a vault that was purged; a vault that is only deleted keeps it."""
        for shelf in (self.keys, self.secrets.shelf, self.certificates.shelf):
            shelf.forget_vault(vault_host)

    def recovery(self, vault_host: str) -> dict[str, Any]:
        """`recoveryLevel` and `recoverableDays`, which follow from the vault's settings [D][REC]."""
        vault = self.vault(vault_host)
        properties = vault.body["properties"] if vault else {}
        days = int(properties.get("softDeleteRetentionInDays") or 90)
        level = "Recoverable" if days == 90 else "CustomizedRecoverable"
        if not properties.get("enablePurgeProtection"):
            level += "+Purgeable"
        return {"recoveryLevel": level, "recoverableDays": days}
