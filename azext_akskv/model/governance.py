"""What decides in Azure, beside the services themselves, whether a change goes through: locks, policies, the caller's
rights, and how long the caller's login lasts."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from azext_akskv.model.ids import ResourceId

Json = dict[str, Any]


@dataclass(frozen=True)
class Lock:
    """A management lock. `scope` is what it was put on: a subscription, a group or a resource."""

    name: str
    level: str
    """ReadOnly or CanNotDelete."""
    scope: str

    def stops_writing(self, resource: ResourceId) -> bool:
        """A lock holds for its scope and everything below; CanNotDelete stops no change. [D: lock resources]"""
        return self.level.lower() == "readonly" and covers(self.scope, str(resource))


@dataclass(frozen=True)
class Permission:
    """What one role of the caller lets it do at a scope; patterns may hold `*`, which also stands for slashes."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """`notActions` take away from the same role only; another role may give it all the same. [D: Azure RBAC]"""
        return _matches(self.actions, action) and not _matches(self.not_actions, action)


def allowed(permissions: Collection[Permission], action: str) -> bool:
    return any(permission.allows(action) for permission in permissions)


@dataclass(frozen=True)
class Held:
    """The caller's permissions at a scope, those inherited from above included."""

    scope: str
    permissions: tuple[Permission, ...]


@dataclass(frozen=True)
class Intent:
    """A change that a plan is going to make. `action` is the right that it takes at `scope`; `on` is what it writes to.
    `body` is what will be sent, where Azure Policy looks at it."""

    what: str
    action: str
    scope: str
    on: ResourceId
    body: Json | None = None
    by_caller: bool = True
    """False: AKS does it, as the cluster's identity."""


@dataclass(frozen=True)
class PolicyRefusal:
    """An assignment of Azure Policy that denies a change."""

    intent: str
    assignment: str
    """Its resource id."""
    reason: str


class LoginKind(str, Enum):
    USER = "a user"
    SERVICE_PRINCIPAL = "a service principal"
    FEDERATED = "a service principal with a federated token"
    MANAGED_IDENTITY = "a managed identity"
    CLOUD_SHELL = "a user in Cloud Shell"
    OTHER = "somebody whose way of signing in is not known here"


@dataclass(frozen=True)
class Login:
    """Who az is signed in as. `expires`: when the present access token ends."""

    kind: LoginKind
    expires: datetime

    @property
    def renews(self) -> bool:
        """Whether az gets another access token by itself. A federated token, as CI systems give it, is good for some
        minutes, and after that az can trade it for nothing. [D: az login --federated-token]"""
        return self.kind not in (LoginKind.FEDERATED, LoginKind.OTHER)


def covers(scope: str, resource: str) -> bool:
    """Whether something at `scope` also holds at `resource`: the same, or above it."""
    above = scope.lower().rstrip("/")
    return resource.lower() == above or resource.lower().startswith(f"{above}/")


def group_of(resource: ResourceId) -> str:
    """The resource group's id."""
    return f"/subscriptions/{resource.subscription}/resourceGroups/{resource.group}"


def _matches(patterns: Collection[str], action: str) -> bool:
    return any(_compiled(pattern).fullmatch(action) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE)
