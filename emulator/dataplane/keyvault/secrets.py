"""The secrets of all vaults, and those that certificates have for their private keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.dataplane.keyvault import refusals
from emulator.dataplane.keyvault.attributes import Attributes
from emulator.dataplane.keyvault.shelf import Named, Shelf

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_LARGEST = 25 * 1024


@dataclass
class SecretVersion(Attributes):
    """One version of a secret. `managed`: a certificate's, which it comes and goes with."""

    vault_host: str
    name: str
    version: str
    value: str
    content_type: str | None = None
    managed: bool = False

    @property
    def id(self) -> str:
        return f"https://{self.vault_host}/secrets/{self.name}/{self.version}"

    def bundle(self, recovery: Mapping[str, Any], *, with_value: bool) -> dict[str, Any]:
        """As a GET answers it; updates and deletions answer without the value [REC]."""
        return {**({"value": self.value} if with_value else {}), **self.item(self.id, recovery)}

    def item(self, shown_id: str, recovery: Mapping[str, Any]) -> dict[str, Any]:
        """As a list shows it. [D] A certificate's secret names its key in what is not a list."""
        body: dict[str, Any] = {"id": shown_id, "attributes": self.shown_attributes(recovery)}
        if self.content_type is not None:
            body["contentType"] = self.content_type
        if self.managed:
            body["managed"] = True
        if self.managed and shown_id == self.id:
            body["kid"] = self.id.replace("/secrets/", "/keys/")
        if self.tags:
            body["tags"] = dict(self.tags)
        return body

    def refuse_unless_readable(self) -> None:
        """[D] A secret that is expired or not valid yet is read all the same: its times are for its users to heed.

        Raises Refusal: 403 SecretDisabled.
        """
        if not self.enabled:
            raise refusals.forbidden("Operation get is not allowed on a disabled secret.", "SecretDisabled")


class Secrets:
    """`world.keyvault.secrets`."""

    def __init__(self, world: EmulatedWorld) -> None:
        self.shelf: Shelf[SecretVersion] = Shelf(world, "secret")

    def set(self, vault_host: str, name: str, request: Mapping[str, Any]) -> SecretVersion:
        """A new version of a secret, and the secret when it is new; `request` is the data plane's body: `value`,
        `contentType`, `attributes`, `tags`.

        Raises Refusal: 400 for a secret that cannot be, 403 for a certificate's, 409 when the name is deleted.
        """
        value = request.get("value")
        if not isinstance(value, str) or len(value.encode()) > _LARGEST:
            raise refusals.bad_parameter("Property value has invalid value\r\n")
        host, own_name, version = self.shelf.address_of_next(vault_host, name)
        self.refuse_managed(vault_host, name, "set")
        now = self.shelf.now
        made = SecretVersion(host, own_name, version, value, request.get("contentType"), created=now, updated=now)
        made.change_attributes(request, now)
        return self.shelf.add(vault_host, name, made)

    def update(self, found: SecretVersion, request: Mapping[str, Any]) -> None:
        """What a PATCH says of attributes, content type and tags.

        Raises Refusal: 400 for values of the wrong kind, 403 for a certificate's secret.
        """
        self.refuse_managed(found.vault_host, found.name, "update")
        found.change_attributes(request, self.shelf.now)
        if request.get("contentType") is not None:
            found.content_type = str(request["contentType"])

    def delete(self, vault_host: str, name: str) -> Named[SecretVersion]:
        """Raises Refusal: 404, 403 for a certificate's secret."""
        self.refuse_managed(vault_host, name, "delete")
        return self.shelf.delete(vault_host, name)

    def refuse_managed(self, vault_host: str, name: str, operation: str) -> None:
        """[D] What belongs to a certificate is changed through the certificate alone.

        Raises Refusal: 403.
        """
        found = self.shelf.look(vault_host, name)
        if found is not None and found.newest.managed:
            raise refusals.managed("secret", operation)
