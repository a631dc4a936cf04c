"""The named things of vaults, of one kind: keys, secrets or certificates. Their versions, deletion and recovery, which
are the same for all three."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from emulator.dataplane.keyvault import refusals

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")


class Versioned(Protocol):
    """One version of something."""

    version: str


Version = TypeVar("Version", bound=Versioned)


@dataclass
class Named(Generic[Version]):
    """A name: its versions, oldest first, and when it was deleted (seconds since 1970)."""

    name: str
    versions: list[Version] = field(default_factory=list)
    deleted: int | None = None

    @property
    def newest(self) -> Version:
        return self.versions[-1]


class Shelf(Generic[Version]):
    """All things of one kind (`key`, `secret`, `certificate`), of all vaults."""

    def __init__(self, world: EmulatedWorld, kind: str) -> None:
        self._world, self.kind = world, kind
        self._named: dict[tuple[str, str], Named[Version]] = {}
        # Goes on counting after a purge: what is made again under an old name is another one.
        self._made: Counter[tuple[str, str]] = Counter()

    def address_of_next(self, vault_host: str, name: str) -> tuple[str, str, str]:
        """Host, name and id of the version that `add` is to get.

        Raises Refusal: 400 for a name that cannot be, 409 when it is deleted but not purged.
        """
        if not _NAME.fullmatch(name):
            raise refusals.bad_parameter(f"The request URI contains an invalid name: {name}")
        found = self.look(vault_host, name)
        if found and found.deleted is not None:
            raise refusals.deleted_but_recoverable(self.kind, name)
        address = (vault_host.lower(), name.lower())
        version = self._world.ids.uuid(self.kind, *address, str(self._made[address])).replace("-", "")
        return address[0], found.name if found else name, version

    def add(self, vault_host: str, name: str, made: Version) -> Version:
        """Another version, and the name when it is new."""
        address = (vault_host.lower(), name.lower())
        self._made[address] += 1
        found = self.look(*address) or self._named.setdefault(address, Named(name))
        found.versions.append(made)
        return made

    def living(self, vault_host: str) -> list[Named[Version]]:
        """Those of a vault by name."""
        return [one for one in self._of(vault_host) if one.deleted is None]

    def deleted(self, vault_host: str) -> list[Named[Version]]:
        """The deleted ones of a vault that are not purged yet, by name."""
        return [one for one in self._of(vault_host) if one.deleted is not None]

    def get(self, vault_host: str, name: str) -> Named[Version]:
        """A living one.

        Raises Refusal: 404 KeyNotFound, SecretNotFound or CertificateNotFound.
        """
        found = self.look(vault_host, name)
        if found is None or found.deleted is not None:
            raise refusals.not_found(self.kind, name)
        return found

    def version(self, vault_host: str, name: str, version: str | None) -> Version:
        """A version of a living one, the newest when none is named.

        Raises Refusal: 404, the same for an unknown name and for an unknown version of it [3P].
        """
        found = self.look(vault_host, name)
        versions = found.versions if found is not None and found.deleted is None else []
        wanted = (version or "").lower()
        one = next((one for one in reversed(versions) if wanted in ("", one.version)), None)
        if one is None:
            raise refusals.not_found(self.kind, "/".join(filter(None, [name, version])))
        return one

    def get_deleted(self, vault_host: str, name: str) -> Named[Version]:
        """A deleted one.

        Raises Refusal: 404.
        """
        found = self.look(vault_host, name)
        if found is None or found.deleted is None:
            raise refusals.deleted_not_found(self.kind, name)
        return found

    def delete(self, vault_host: str, name: str) -> Named[Version]:
        """All versions at once; there is no deleting of one version [D].

        Raises Refusal: 404.
        """
        found = self.get(vault_host, name)
        found.deleted = self.now
        return found

    def recover(self, vault_host: str, name: str) -> Named[Version]:
        """Brings a deleted one back with all its versions.

        Raises Refusal: 404.
        """
        found = self.get_deleted(vault_host, name)
        found.deleted = None
        return found

    def purge(self, vault_host: str, name: str) -> None:
        """Removes a deleted one for ever.

        Raises Refusal: 404, 403 when the vault protects against purging.
        """
        found = self.get_deleted(vault_host, name)
        vault = self._world.keyvault.vault(vault_host)
        if vault is not None and vault.body["properties"].get("enablePurgeProtection"):
            text = 'Operation "purge" is not allowed because purge protection is enabled for this vault.'
            raise refusals.forbidden(text, "ForbiddenByPolicy")
        del self._named[vault_host.lower(), found.name.lower()]

    def forget_vault(self, vault_host: str) -> None:
        """All of a vault that was purged; a vault that is only deleted keeps them."""
        for address in [address for address in self._named if address[0] == vault_host.lower()]:
            del self._named[address]

    def purge_date(self, vault_host: str, one: Named[Version]) -> int:
        """When the service itself purges a deleted one, in seconds since 1970."""
        return (one.deleted or 0) + int(self._world.keyvault.recovery(vault_host)["recoverableDays"]) * 86400

    def look(self, vault_host: str, name: str) -> Named[Version] | None:
        """The one of this name, living or deleted; one whose retention has run out is purged by looking at it."""
        found = self._named.get((vault_host.lower(), name.lower()))
        if found and found.deleted is not None and self.now >= self.purge_date(vault_host, found):
            del self._named[vault_host.lower(), name.lower()]
            return None
        return found

    @property
    def now(self) -> int:
        """Seconds since 1970."""
        return int(self._world.clock.now().timestamp())

    def _of(self, vault_host: str) -> list[Named[Version]]:
        names = sorted(name for host, name in self._named if host == vault_host.lower())
        found = (self.look(vault_host, name) for name in names)
        return [one for one in found if one is not None]
