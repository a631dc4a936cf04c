"""ClusterRoles and their bindings as rules: what the objects of a cluster allow a user, a group, a service account.

[OWN] Roles and RoleBindings of one namespace are not emulated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.kubernetes.authentication import User
from emulator.kubernetes.kinds import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES
from emulator.worlds.cluster_access import Rule

if TYPE_CHECKING:
    from emulator.kubernetes.registry import Registry

Object = dict[str, Any]
ACCOUNT = "system:serviceaccount:"


def account(namespace: str, name: str) -> User:
    """[SRC] A service account as a user, with its groups."""
    groups = {"system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"}
    return User(f"{ACCOUNT}{namespace}:{name}", frozenset(groups))


def rules_for(registry: Registry, user: User) -> Iterator[Rule]:
    """The rules of every ClusterRole that is bound to the user or to one of its groups."""
    storage = registry.storage
    for key, entry in storage.range(CLUSTER_ROLE_BINDINGS.prefix(None), "", storage.revision):
        binding = registry.content(CLUSTER_ROLE_BINDINGS, key, entry)
        role_key = CLUSTER_ROLES.key(None, str(binding["roleRef"]["name"]))
        role = storage.get(role_key)
        if role is not None and any(_is(user, one) for one in binding.get("subjects") or []):
            yield from (_rule(one) for one in registry.content(CLUSTER_ROLES, role_key, role).get("rules") or [])


def _is(user: User, subject: Object) -> bool:
    kind, name = subject.get("kind"), str(subject.get("name"))
    if kind == "ServiceAccount":
        return user.name == f"{ACCOUNT}{subject.get('namespace')}:{name}"
    return name in user.groups if kind == "Group" else name == user.name


def _rule(one: Object) -> Rule:
    fields = ("verbs", "resources", "apiGroups", "resourceNames")
    verbs, resources, groups, names = (tuple(one.get(field) or ()) for field in fields)
    return Rule(verbs, resources, groups, names, paths=tuple(one.get("nonResourceURLs") or ()))
