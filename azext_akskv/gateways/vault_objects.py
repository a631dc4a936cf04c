"""What lies in a vault, by the lists of it: at the vault itself, and where that refuses us, through ARM.

The GET of a secret answers with its value. So no path of `secrets` is asked for but its lists, and no next page but of
the list that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from azure.core.rest import HttpRequest

from azext_akskv.failures import Denied, GatewayError, Missing, Rejected, Unavailable
from azext_akskv.gateways.answers import Json
from azext_akskv.gateways.clients import API_VERSIONS, Clients
from azext_akskv.gateways.errors import asking
from azext_akskv.gateways.lists import listed
from azext_akskv.model.ids import in_short
from azext_akskv.model.members import children, text, whole
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import (
    ObjectType,
    VaultObject,
    is_object_name,
    newest_first,
    parse_arm_listed,
    parse_listed,
)

PAGE = 25
"""The most that a vault lists at once. [D]"""


class ListedObjects:
    """Fills ports.VaultObjects."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def all(self, vault: Vault, of: ObjectType) -> list[VaultObject]:
        doing = f"list the {of.plural} of the vault {vault.id.name}"

        def through_arm() -> list[VaultObject]:
            return [parse_arm_listed(each, of) for each in self._through_arm(vault, of.plural)]

        return _one_of(
            lambda: self._at_the_vault(doing, vault, of, of.plural),
            None if of is ObjectType.CERT else through_arm,
            doing,
        )

    def versions(self, vault: Vault, of: ObjectType, name: str) -> tuple[VaultObject, ...]:
        doing = f"list the versions of the {of.value} {in_short(name)} of the vault {vault.id.name}"
        if not is_object_name(name):
            raise Rejected(doing, "BadParameter", "such a name has letters, digits and hyphens only")
        path = f"{of.plural}/{name}/versions"

        def through_arm() -> list[VaultObject]:
            return [_version_of(each, name) for each in self._through_arm(vault, path)]

        try:
            found = _one_of(
                lambda: self._at_the_vault(doing, vault, of, path),
                through_arm if of is ObjectType.KEY else None,
                doing,
            )
        except Missing as missing:
            if not missing.code.endswith("NotFound"):  # some proxy's page
                raise
            return ()
        return newest_first(found)

    def deleted(self, vault: Vault, of: ObjectType) -> frozenset[str]:
        doing = f"list the deleted {of.plural} of the vault {vault.id.name}"
        return frozenset(each.key for each in self._at_the_vault(doing, vault, of, f"deleted{of.plural}"))

    def _at_the_vault(self, doing: str, vault: Vault, of: ObjectType, path: str) -> list[VaultObject]:
        found: list[VaultObject] = []
        asked: set[str] = set()
        following = f"{path}?maxresults={PAGE}"
        with asking(doing):
            while following:
                if following in asked:
                    raise ValueError(f"the vault {vault.host} sends us in a circle")
                asked.add(following)
                page = self._page(vault, following)
                found += [parse_listed(each, of) for each in children(page, "value")]
                following = _next(vault, path, text(page, "nextLink"))
        return found

    def _page(self, vault: Vault, address: str) -> Json:
        reply = self._clients.vault_keys(vault).send_request(HttpRequest("GET", address))
        reply.raise_for_status()
        return whole(reply.json())

    def _through_arm(self, vault: Vault, path: str) -> list[Json]:
        subscription, version = vault.id.subscription, API_VERSIONS["vaults"]
        return list(listed(self._clients, subscription, f"{vault.id}/{path}", version))


def _next(vault: Vault, path: str, link: str) -> str:
    """The address of a next page, of the same list at the same vault. Raises ValueError for any other."""
    if not link:
        return ""
    url = urlsplit(link)
    if url.netloc.lower() not in (vault.host, f"{vault.host}:443"):
        raise ValueError(f"the vault {vault.host} sends us on to another host: {url.netloc}")
    if unquote(url.path).strip("/").lower() != path.lower():
        raise ValueError(f"the vault {vault.host} sends us on to something else than the list that was asked for")
    return f"{path}?{url.query}"


def _version_of(raw: Json, name: str) -> VaultObject:
    """ARM names a version of a key by its version alone."""
    version = text(raw, "name").rpartition("/")[2].lower()
    key = parse_arm_listed({**raw, "name": name}, ObjectType.KEY)
    return VaultObject(key.type, key.name, key.enabled, version, key.created, key.not_before, key.expires)


def _one_of(
    at_the_vault: Callable[[], list[VaultObject]], through_arm: Callable[[], list[VaultObject]] | None, doing: str
) -> list[VaultObject]:
    """ARM is asked only where the vault itself refuses us, or cannot be reached: it knows less."""
    try:
        return at_the_vault()
    except (Denied, Unavailable) as by_vault:
        if through_arm is None:
            raise
        try:
            with asking(doing):
                return through_arm()
        except Missing:
            raise
        except GatewayError as by_arm:
            both = f"{by_vault.message} And ARM: ({by_arm.code}) {by_arm.message}"
            raise type(by_vault)(doing, by_vault.code, both, by_vault.request_id) from by_arm
