"""ARM resources by id, whatever its letter case; each keeps the casing that its provider gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass
class Resource:
    """`body` is the JSON that a GET answers; `id` is in its provider's own casing."""

    id: str
    body: dict[str, Any]
    created: datetime


class Resources:
    """All resources of the emulated Azure."""

    def __init__(self) -> None:
        self._by_id: dict[str, Resource] = {}

    def get(self, resource_id: str) -> Resource | None:
        return self._by_id.get(resource_id.lower())

    def put(self, resource: Resource) -> Resource:
        self._by_id[resource.id.lower()] = resource
        return resource

    def remove(self, resource_id: str) -> None:
        self._by_id.pop(resource_id.lower(), None)

    def remove_all(self, scope: str) -> None:
        """The resource at a scope and all below it."""
        upper = scope.lower().rstrip("/")
        for key in [key for key in self._by_id if key == upper or key.startswith(upper + "/")]:
            del self._by_id[key]

    def __iter__(self) -> Iterator[Resource]:
        """All of them, in the order of their creation; what the loop does to them does not disturb it."""
        return iter(list(self._by_id.values()))

    def under(self, scope: str, resource_type: str) -> Iterator[Resource]:
        """Resources of a type (`Microsoft.KeyVault/vaults`) at or below a scope, in the order of their creation."""
        prefix = scope.lower().rstrip("/") + "/"
        needle = f"/providers/{resource_type.lower()}/"
        for key, resource in list(self._by_id.items()):
            if needle in key and key.startswith(prefix) and "/" not in key.rpartition(needle)[2]:
                yield resource

    def children(self, parent_id: str, segment: str) -> Iterator[Resource]:
        """Those right below a resource, of one type (`virtualNetworkLinks`), in the order of their creation."""
        prefix = f"{parent_id}/{segment}/".lower()
        for key, resource in list(self._by_id.items()):
            if key.startswith(prefix) and "/" not in key[len(prefix) :]:
                yield resource
