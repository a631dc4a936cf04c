"""The sections of a snapshot: small reads that answer None for what is not there, and raise what ports raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from azext_akskv.failures import Denied, GatewayError, Missing
from azext_akskv.model.access import Grant, Identity
from azext_akskv.model.choice import OFF_AND_ON, identity_to_use, key_name_to_use, takes_customers_key
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import KeyVersion, newest_enabled
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.tags import changed_by
from azext_akskv.model.vault import Vault
from azext_akskv.ports import Ports

T = TypeVar("T")


@dataclass(frozen=True)
class Search:
    """What is looked for, and through what. `snapshot` knows the arguments and the cluster, if there is one."""

    snapshot: Snapshot
    ports: Ports

    @property
    def wanted(self) -> Wanted:
        return self.snapshot.wanted

    @property
    def cluster(self) -> Cluster | None:
        return self.snapshot.cluster.value

    @property
    def key_in_use(self) -> KeyId | None:
        """Also the key of a cluster whose KMS was turned off: its API servers still need it. [AKS docs]"""
        return self.cluster.kms.key if self.cluster else None


def observe(what: str, action: str, read: Callable[[], T]) -> Observed[T]:
    """Reads, or says in words why not; `action` is the right that a refused caller lacks."""
    try:
        return Observed(read())
    except NotObserved as gap:
        return Observed.unknown(str(gap))
    except Denied as error:
        return Observed.unknown(f"not allowed to read {what}; the right that is needed: {action}. {_said(error)}")
    except GatewayError as error:
        return Observed.unknown(f"cannot read {what}: {_said(error)}")


def _said(error: GatewayError) -> str:
    first_line = error.message.strip().split("\n", 1)[0].strip()[:300]
    return f"({error.code}) {first_line}" if error.code else first_line or type(error).__name__.lower()


def if_there(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except Missing:
        return None


def vault(search: Search) -> Vault | None:
    """The vault named, else that of the key identifier given, else that of the key in use."""
    named, key = search.wanted.vault, search.wanted.key
    if isinstance(named, ResourceId):
        return if_there(lambda: search.ports.vaults.get(named))
    if named:
        return search.ports.vaults.find(search.snapshot.target.subscription, named)
    return vault_of(search, key if isinstance(key, KeyId) else search.key_in_use)


def vault_of(search: Search, key: KeyId | None) -> Vault | None:
    attached = search.cluster.kms.vault if search.cluster else None
    if key is None:
        return None
    if attached and attached.name.lower() == key.vault_name:
        return if_there(lambda: search.ports.vaults.get(attached))
    return search.ports.vaults.find(search.snapshot.target.subscription, key.vault_name)


def vault_soft_deleted(search: Search) -> bool:
    """Whether a vault that is not there waits to be recovered; soft-deleted vaults are listed by region."""
    named, key = search.wanted.vault, search.wanted.key or search.key_in_use
    subscription, name = search.snapshot.target.subscription, named
    if isinstance(named, ResourceId):
        subscription, name = named.subscription, named.name
    elif named is None and isinstance(key, KeyId):
        name = key.vault_name
    location = search.cluster.location if search.cluster else ""
    return bool(name and location) and search.ports.vaults.deleted(subscription, str(name), location)


@dataclass(frozen=True)
class KeysSeen:
    wanted: Observed[KeyVersion | None]
    in_use: Observed[KeyVersion | None]
    newest: Observed[KeyVersion | None]


def keys(search: Search, found: Observed[Vault | None], action: str) -> KeysSeen:
    """The version to use, the one in use, and the newest enabled one of the key in use."""

    def in_vault(read: Callable[[Vault], T | None]) -> Observed[T | None]:
        def look() -> T | None:
            home = found.get()
            return if_there(lambda: read(home)) if home else None

        return observe("the key", action, look)

    def in_use(home: Vault) -> KeyVersion | None:
        key = search.key_in_use
        if key is None:
            return None
        there = home if home.host == key.host else vault_of(search, key)
        return search.ports.keys.get(there, key.name, key.version) if there else None

    def newest(home: Vault) -> KeyVersion | None:
        key = search.key_in_use
        return newest_version(search, home, key.name) if key and key.host == home.host else None

    present = in_vault(in_use)
    return KeysSeen(in_vault(lambda home: key_wanted(search, home, present)), present, in_vault(newest))


def key_wanted(search: Search, home: Vault, present: Observed[KeyVersion | None]) -> KeyVersion | None:
    """As asked for; without a version, the one in use when it is of that name, else the newest enabled one."""
    named, used = search.wanted.key, search.key_in_use
    if isinstance(named, KeyId) and named.host != home.host:
        return None
    if isinstance(named, KeyId) and named.version:
        return search.ports.keys.get(home, named.name, named.version)
    name = key_name_to_use(search.snapshot)
    if search.wanted.flow == "rotate" and name:
        newest = newest_version(search, home, name)
        return newest if named or is_newer(newest, present.get()) else None
    if takes_customers_key(search.wanted) and name:  # whichever is the newest is the one that AKS will use
        return newest_version(search, home, name)
    on = search.wanted.flow in OFF_AND_ON or (search.cluster is not None and search.cluster.kms.enabled)
    if used and used.host == home.host and used.name == name and on:
        return present.get()
    unnamed_elsewhere = named is None and used is not None and used.host != home.host
    return newest_version(search, home, name) if name and not unnamed_elsewhere else None


def is_newer(newest: KeyVersion | None, present: KeyVersion | None) -> bool:
    """A version that can take the place of the one in use: enabled, and made later."""
    if newest is None or not newest.enabled or present is None or newest.id == present.id:
        return False
    return bool(newest.created and present.created and newest.created > present.created)


def vault_closed(search: Search, home: Observed[Vault | None]) -> str:
    place, used = home.get(), search.key_in_use
    return search.ports.keys.closed(place, used.name) if place and used else ""


MOST_NAMES = 100


def next_key(search: Search, home: Observed[Vault | None]) -> tuple[str, KeyVersion | None]:
    """The next name like that of the key in use (`etcd-2`), and the key of that name where an interrupted rotation has
    left one. Through ARM; whether a name is soft-deleted there it does not tell."""
    place, used = home.get(), search.key_in_use
    assert place and used
    base, _, number = used.name.rpartition("-")
    base, first = (base, int(number) + 1) if base and number.isdecimal() and len(number) < 4 else (used.name, 2)
    for each in range(first, first + MOST_NAMES):
        name = f"{base}-{each}"
        found = if_there(partial(search.ports.keys.get, place, name))
        if found is None or (found.enabled and changed_by(found.tags, "rotate")):
            return name, found
    raise NotObserved(f"{MOST_NAMES} keys named {base}-{first} and so on are there already")


def newest_version(search: Search, home: Vault, name: str) -> KeyVersion | None:
    """The newest enabled version, or the newest one when none is enabled, so that the reason can be told."""
    versions = search.ports.keys.versions(home, name)
    newest = newest_enabled(versions) or max(
        versions, key=lambda version: version.created.timestamp() if version.created else 0.0, default=None
    )
    # a list of versions need not tell type and operations, a version itself does
    return search.ports.keys.get(home, name, newest.id.version) if newest else None


def identity(search: Search) -> Identity | None:
    """The identity named, else the cluster's own user-assigned one."""
    own, wanted = search.cluster.identity if search.cluster else None, identity_to_use(search.snapshot)
    if wanted is None:
        return None
    try:
        return if_there(lambda: search.ports.identities.get(wanted))
    except Denied:
        if own and own.id == wanted and own.principal_id:  # the cluster tells its identity's principal too
            return Identity(wanted, own.principal_id, "")
        raise


def grants(search: Search, home: Observed[Vault | None], holder: Observed[Identity | None]) -> tuple[Grant, ...]:
    place, who = home.get(), holder.get()
    return search.ports.roles.of(place.id, who.principal_id) if place and who else ()
