"""What a look at the secrets provider asks of Azure piece by piece: what cannot be seen is told with the reason, and
keeps nothing else from being seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from azext_akskv.failures import Denied, GatewayError, Unavailable
from azext_akskv.model.access import Identity
from azext_akskv.model.federation import with_client_id
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import Contents, ObjectType, VaultObject, newest
from azext_akskv.ports import Identities, VaultObjects


@dataclass(frozen=True)
class FoundIdentity:
    """`unseen`: subscriptions whose identities could not be listed, with the reason: it may be in one of them."""

    identity: Identity | None
    unseen: dict[str, str] = field(default_factory=dict)


def contents_of(objects: VaultObjects, vault: Vault) -> Contents:
    """Everything in a vault: a request for every 25 things."""
    return _contents(lambda of: objects.all(vault, of))


def contents_named(objects: VaultObjects, vault: Vault, name: str) -> Contents:
    """What there is under one name, of whichever type: three requests. Where versions cannot be listed, ARM still tells
    whether a secret is there."""

    def look(of: ObjectType) -> list[VaultObject]:
        try:
            found = newest(objects.versions(vault, of, name))
        except (Denied, Unavailable):
            if of is ObjectType.CERT:
                raise
            return [each for each in objects.all(vault, of) if each.key == name.lower()]
        return [found] if found else []

    return _contents(look)


def identity_with(identities: Identities, subscriptions: Iterable[str], client_id: str) -> FoundIdentity:
    """Looks where az's login gets to, one subscription after the other, until it is found."""
    unseen: dict[str, str] = {}
    for subscription in subscriptions:
        try:
            found = with_client_id(identities.all(subscription), client_id)
        except GatewayError as error:
            unseen[subscription] = str(error)
            continue
        if found:
            return FoundIdentity(found)
    return FoundIdentity(None, unseen)


def _contents(ask: Callable[[ObjectType], list[VaultObject]]) -> Contents:
    listed: dict[ObjectType, tuple[VaultObject, ...]] = {}
    unseen: dict[ObjectType, str] = {}
    for of in ObjectType:
        try:
            listed[of] = tuple(ask(of))
        except GatewayError as error:
            unseen[of] = str(error)
    return Contents(listed, unseen)
