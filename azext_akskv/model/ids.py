"""Names of things in Azure: ARM resource ids and Key Vault key identifiers, parsed and printed in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


class BadInput(ValueError):
    """Text that a person typed, or a service sent, is not what it claims to be."""


def in_short(text: str, limit: int = 200) -> str:
    """Text from outside as an error quotes it: what is invisible is escaped, and the end of a long one left out."""
    return repr(text) if len(text) <= limit else f"{text[:limit]!r}... ({len(text):,} characters)"


_RESOURCE = re.compile(
    r"/subscriptions/(?P<subscription>[^/\s]+)/resourceGroups/(?P<group>[^/\s]+)"
    r"/providers/(?P<provider>[^/\s]+)/(?P<rest>[^/\s]+/[^/\s]+(?:/[^/\s]+/[^/\s]+)*)/?",
    re.IGNORECASE | re.ASCII,
)
"""No blank and, see `parse`, nothing invisible: what is in an id comes to stand in sentences and commands to paste."""


@dataclass(frozen=True)
class ResourceId:
    """An ARM resource id. Two ids that differ only in letter case are equal: providers disagree about casing
    (AKS answers `resourcegroups`, Key Vault `resourceGroups`)."""

    subscription: str = field(compare=False)
    group: str = field(compare=False)
    type: str = field(compare=False)
    """`Microsoft.KeyVault/vaults`; children add their types: `.../vaults/keys`."""
    names: tuple[str, ...] = field(compare=False)
    _key: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "_key", str(self).lower())

    @classmethod
    def parse(cls, text: str) -> ResourceId:
        """Raises BadInput when the text is not the id of a resource in a resource group."""
        match = _RESOURCE.fullmatch(text.strip())
        if not match or not match[0].isprintable():
            raise BadInput(f"not an ARM resource id: {in_short(text)}")
        parts = match["rest"].split("/")
        kind = "/".join([match["provider"], *parts[0::2]])
        return cls(match["subscription"], match["group"], kind, tuple(parts[1::2]))

    @property
    def name(self) -> str:
        return self.names[-1]

    def is_a(self, resource_type: str) -> bool:
        return self.type.lower() == resource_type.lower()

    def __str__(self) -> str:
        provider, *types = self.type.split("/")
        path = "/".join(part for pair in zip(types, self.names, strict=True) for part in pair)
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/{provider}/{path}"


CLUSTER_TYPE = "Microsoft.ContainerService/managedClusters"
VAULT_TYPE = "Microsoft.KeyVault/vaults"
IDENTITY_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"


def cluster_id(subscription: str, group: str, name: str) -> ResourceId:
    return ResourceId(subscription, group, CLUSTER_TYPE, (name,))


def vault_id(subscription: str, group: str, name: str) -> ResourceId:
    return ResourceId(subscription, group, VAULT_TYPE, (name,))


def identity_id(subscription: str, group: str, name: str) -> ResourceId:
    return ResourceId(subscription, group, IDENTITY_TYPE, (name,))


_KEY = re.compile(
    r"https://(?P<host>[a-z0-9.-]+)/keys/(?P<name>[0-9a-z-]{1,127})(?:/(?P<version>[0-9a-z]+))?/?", re.I | re.ASCII
)


@dataclass(frozen=True)
class KeyId:
    """A Key Vault key identifier. Without a version it is what only the new KMS data encryption takes."""

    host: str
    name: str
    version: str | None = None

    @classmethod
    def parse(cls, text: str) -> KeyId:
        """Raises BadInput when the text is not `https://<vault host>/keys/<name>[/<version>]`."""
        match = _KEY.fullmatch(text.strip())
        if not match:
            raise BadInput(
                f"not a Key Vault key identifier: {in_short(text)}; "
                "expected https://<vault>.vault.azure.net/keys/<name>/<version>"
            )
        return cls(match["host"].lower(), match["name"], match["version"] and match["version"].lower())

    @property
    def vault_name(self) -> str:
        return self.host.partition(".")[0]

    def is_version_of(self, other: KeyId) -> bool:
        return self.host == other.host and self.name.lower() == other.name.lower()

    def __str__(self) -> str:
        return "/".join(filter(None, [f"https://{self.host}/keys", self.name, self.version]))
