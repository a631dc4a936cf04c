"""Keys: through ARM, which works whatever the vault's firewall says; where ARM refuses us, through the vault itself."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from azure.core.rest import HttpRequest

from azext_akskv.failures import Denied, Missing, Unavailable
from azext_akskv.gateways.answers import Answer, Json, answer, items
from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.errors import asking
from azext_akskv.model.ids import BadInput, KeyId, in_short
from azext_akskv.model.key import KeyVersion, new_key, new_version
from azext_akskv.model.members import child, children, flag, labels, number, text, texts, whole
from azext_akskv.model.times import moment
from azext_akskv.model.vault import Vault

T = TypeVar("T")


class VaultKeys:
    """Fills ports.Keys."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def get(self, vault: Vault, name: str, version: str | None = None) -> KeyVersion:
        doing = f"read the key {name} of the vault {vault.id.name}"

        def through_arm() -> KeyVersion:
            keys, where = self._arm(vault), (vault.id.group, vault.id.name, name)
            found: Answer = keys.get_version(*where, version, cls=answer) if version else keys.get(*where, cls=answer)
            return parse_arm_key(found.json, vault, name)

        def at_the_vault() -> KeyVersion:
            return parse_bundle(self._ask(vault, "/".join(filter(None, ["keys", name, version]))))

        return _one_of(doing, through_arm, at_the_vault)

    def versions(self, vault: Vault, name: str) -> list[KeyVersion]:
        """Without type, size and operations: no list tells them. [SPEC]"""
        doing = f"list the versions of the key {name} of the vault {vault.id.name}"

        def through_arm() -> list[KeyVersion]:
            pages = self._arm(vault).list_versions(vault.id.group, vault.id.name, name)
            return [parse_arm_key(item, vault, name) for item in items(pages)]

        def at_the_vault() -> list[KeyVersion]:
            page = self._ask(vault, f"keys/{name}/versions")
            found = children(page, "value")
            while following := text(page, "nextLink"):
                page = self._ask(vault, following)
                found += children(page, "value")
            return [parse_item(item) for item in found]

        return _one_of(doing, through_arm, at_the_vault)

    def deleted(self, vault: Vault, name: str) -> bool:
        try:
            with asking(f"look for a deleted key {name} in the vault {vault.id.name}"):
                self._ask(vault, f"deletedkeys/{name}")
        except Missing:
            return False
        return True

    def closed(self, vault: Vault, name: str) -> str:
        try:
            with asking(f"ask the vault {vault.id.name} itself"):
                self._ask(vault, f"keys/{name}")
        except Missing:
            return ""
        except (Denied, Unavailable) as error:
            said = error.message.strip().partition("\n")[0].strip()  # the others name caller and vault
            return f"{said} ({error.code})" if error.code else said
        return ""

    def create(self, vault: Vault, name: str, tags: Mapping[str, str], like: KeyVersion | None = None) -> KeyVersion:
        with asking(f"create the key {name} in the vault {vault.id.name}"):
            made: Answer = self._arm(vault).create_if_not_exist(
                vault.id.group, vault.id.name, name, new_key(tags, like), cls=answer
            )
            return parse_arm_key(made.json, vault, name)

    def enable(self, vault: Vault, key: KeyId) -> None:
        with asking(f"enable the key {key}"):
            self._set(vault, key, {"enabled": True})

    def extend(self, vault: Vault, key: KeyId, until: datetime) -> None:
        with asking(f"extend the key {key}"):
            self._set(vault, key, {"exp": int(until.timestamp())})

    def recover(self, vault: Vault, name: str) -> None:
        with asking(f"recover the key {name} of the vault {vault.id.name}"):
            self._send(vault, HttpRequest("POST", f"deletedkeys/{name}/recover"))

    def _set(self, vault: Vault, key: KeyId, attributes: Json) -> None:
        """A PATCH: what it does not name stays as it is."""
        body = {"attributes": attributes}
        self._send(vault, HttpRequest("PATCH", f"keys/{key.name}/{key.version}", json=body))

    def create_version(self, vault: Vault, like: KeyVersion, tags: Mapping[str, str], now: datetime) -> KeyVersion:
        name = like.id.name
        with asking(f"create a version of the key {name} in the vault {vault.id.name}"):
            request = HttpRequest("POST", f"keys/{name}/create", json=new_version(like, tags, now))
            return parse_bundle(self._send(vault, request))

    def _arm(self, vault: Vault) -> Any:
        return self._clients.vaults(vault.id.subscription).keys

    def _ask(self, vault: Vault, path: str) -> Json:
        """One GET at the vault itself; `path` may be the address of a next page, which must be there too."""
        elsewhere = urlsplit(path).netloc.lower() not in ("", vault.host, f"{vault.host}:443")
        if elsewhere:
            raise ValueError(f"the vault {vault.host} sends us on to another host: {urlsplit(path).netloc}")
        return self._send(vault, HttpRequest("GET", path))

    def _send(self, vault: Vault, request: HttpRequest) -> Json:
        reply = self._clients.vault_keys(vault).send_request(request)
        reply.raise_for_status()
        return whole(reply.json())


def _one_of(doing: str, through_arm: Callable[[], T], at_the_vault: Callable[[], T]) -> T:
    """The vault itself is asked only where ARM refuses us: a Crypto Officer need not be a reader of the vault."""
    try:
        with asking(doing):
            return through_arm()
    except Denied as by_arm:
        try:
            with asking(doing):
                return at_the_vault()
        except Denied as error:
            both = f"{by_arm.message} And the vault itself: ({error.code}) {error.message}"
            raise Denied(doing, by_arm.code, both, error.request_id or by_arm.request_id) from error


def parse_arm_key(raw: Json, vault: Vault, name: str) -> KeyVersion:
    """ARM's key identifiers may hold `:443` [SPEC], and those of lists no version; but then the item is named by it.

    Raises BadInput when the JSON is not a key.
    """
    properties = child(whole(raw), "properties")
    version = (text(properties, "keyUriWithVersion") or text(raw, "name")).rstrip("/").rpartition("/")[2]
    if not (version.isascii() and version.isalnum()):
        raise BadInput(f"the answer does not tell the key's version, but {in_short(version)}")
    return KeyVersion(
        id=KeyId(vault.host, name, version.lower()),
        kind=text(properties, "kty"),
        operations=frozenset(texts(properties, "keyOps")),
        size_bits=number(properties, "keySize"),
        tags=labels(raw, "tags"),
        **_attributes(properties),
    )


def parse_bundle(raw: Json) -> KeyVersion:
    """The vault's own answer about one version. Raises BadInput when it is not one."""
    key = child(whole(raw), "key")
    return KeyVersion(
        id=KeyId.parse(text(key, "kid")),
        kind=text(key, "kty"),
        operations=frozenset(texts(key, "key_ops")),
        size_bits=modulus_bits(text(key, "n")),
        tags=labels(raw, "tags"),
        **_attributes(raw),
    )


def parse_item(raw: Json) -> KeyVersion:
    """The vault's own answer about one version in a list. Raises BadInput when it is not one."""
    key = KeyId.parse(text(whole(raw), "kid"))
    return KeyVersion(id=key, kind="", operations=frozenset(), tags=labels(raw, "tags"), **_attributes(raw))


def _attributes(raw: Json) -> dict[str, Any]:
    attributes = child(raw, "attributes")
    return {
        "enabled": bool(flag(attributes, "enabled")),
        "created": moment(number(attributes, "created")),
        "not_before": moment(number(attributes, "nbf")),
        "expires": moment(number(attributes, "exp")),
    }


def modulus_bits(modulus: str) -> int | None:
    """The size of an RSA key, of its public modulus in base64url; None for keys without one. Raises BadInput."""
    if not modulus:
        return None
    try:
        return int.from_bytes(base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4)), "big").bit_length()
    except ValueError:
        raise BadInput("n: it is not base64url") from None
