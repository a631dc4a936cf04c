"""What lies in a vault, as its lists show it: never a value. And the decoders for what the vault and ARM say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from azext_akskv.model.ids import BadInput, ResourceId, in_short
from azext_akskv.model.members import Json, child, flag, number, text, whole
from azext_akskv.model.times import moment

_NAME = re.compile(r"[0-9A-Za-z-]{1,127}", re.ASCII)
_VERSION = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)


class ObjectType(str, Enum):
    """The values are those of `objectType` in a SecretProviderClass. [D]"""

    SECRET = "secret"
    KEY = "key"
    CERT = "cert"

    @property
    def plural(self) -> str:
        """As addresses and access policies name them."""
        return "certificates" if self is ObjectType.CERT else f"{self.value}s"


@dataclass(frozen=True)
class VaultObject:
    """A secret, key or certificate, or one version of it (else `version` is None)."""

    type: ObjectType
    name: str
    enabled: bool
    version: str | None = None
    created: datetime | None = None
    not_before: datetime | None = None
    expires: datetime | None = None
    content_type: str = ""
    managed: bool = False
    """It belongs to a certificate of the same name. The lists of ARM do not tell. [SPEC]"""

    @property
    def key(self) -> str:
        """Names of things in a vault do not differ by letter case alone. [D]"""
        return self.name.lower()


@dataclass(frozen=True)
class Contents:
    """What a vault holds. `unseen`: why the things of a type could not be listed."""

    listed: Mapping[ObjectType, tuple[VaultObject, ...]]
    unseen: Mapping[ObjectType, str] = field(default_factory=dict)

    def named(self, name: str) -> dict[ObjectType, VaultObject]:
        """What there is under a name. A certificate is also a key and a secret of its name. [D]"""
        found = ((of, _named(listed, name)) for of, listed in self.listed.items())
        return {of: each for of, each in found if each is not None}

    def holds(self, of: ObjectType, name: str) -> bool | None:
        """None: its things could not be listed."""
        return None if of not in self.listed else _named(self.listed[of], name) is not None


def is_object_name(name: str) -> bool:
    """Whether something in a vault can have this name: letters, digits and hyphens. [D]"""
    return bool(_NAME.fullmatch(name))


def scope_of(vault: ResourceId, of: ObjectType, name: str) -> ResourceId:
    """Where a role assignment for this one thing is made. [D: Key Vault RBAC guide]"""
    return ResourceId(vault.subscription, vault.group, f"{vault.type}/{of.plural}", (*vault.names, name))


def newest(versions: Collection[VaultObject]) -> VaultObject | None:
    """The one that is read when no version is named: the last one made, even when it is disabled. [D]"""
    return max(versions, key=_made, default=None)


def newest_first(versions: Collection[VaultObject]) -> tuple[VaultObject, ...]:
    return tuple(sorted(versions, key=_made, reverse=True))


def parse_listed(raw: Json, of: ObjectType) -> VaultObject:
    """One item of a list of the vault itself, of things or of versions. Raises BadInput when it is none.

    A list of deleted things has items of the same shape. [SPEC]
    """
    name, version = _addressed(text(whole(raw), "kid" if of is ObjectType.KEY else "id"), of)
    return VaultObject(
        of,
        name,
        version=version,
        content_type=text(raw, "contentType"),
        managed=bool(flag(raw, "managed")),
        **_attributes(raw),
    )


def parse_arm_listed(raw: Json, of: ObjectType) -> VaultObject:
    """One item of a list of secrets or keys through ARM. Raises BadInput when it is none."""
    name, properties = text(whole(raw), "name").rpartition("/")[2], child(raw, "properties")
    if not is_object_name(name):
        raise BadInput(f"name: it is not one of a {of.value}, but {in_short(name)}")
    return VaultObject(of, name, content_type=text(properties, "contentType"), **_attributes(properties))


def _addressed(address: str, of: ObjectType) -> tuple[str, str | None]:
    """Name and version in an address of the data plane."""
    try:
        parts = urlsplit(address).path.strip("/").split("/")
    except ValueError:  # half an IPv6 address, for one
        parts = []
    fits = len(parts) in (2, 3) and parts[0].lower() == of.plural and is_object_name(parts[1])
    if not fits or not all(_VERSION.fullmatch(each) for each in parts[2:]):
        raise BadInput(f"not the address of a {of.value}: {in_short(address)}")
    return parts[1], parts[2].lower() if len(parts) > 2 else None


def _attributes(raw: Json) -> dict[str, Any]:
    attributes = child(raw, "attributes")
    times = {"created": "created", "not_before": "nbf", "expires": "exp"}
    return {
        "enabled": bool(flag(attributes, "enabled")),
        **{name: moment(number(attributes, told)) for name, told in times.items()},
    }


def _named(listed: Collection[VaultObject], name: str) -> VaultObject | None:
    return next((each for each in listed if each.key == name.lower()), None)


def _made(version: VaultObject) -> float:
    return version.created.timestamp() if version.created else 0.0
