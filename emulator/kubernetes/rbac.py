"""Kubernetes' own RBAC: which rules a user has, and what a rule allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.kubernetes.authentication import MASTERS, User
from emulator.worlds.cluster_access import CLUSTER_USER, Rule

if TYPE_CHECKING:
    from emulator.kubernetes.authorization import Attributes
    from emulator.kubernetes.face import ClusterFace

_ADMINISTRATOR = (Rule(("*",), ("*",), ("*",)), Rule(("*",), paths=("*",)))
_PUBLIC_PATHS = tuple(
    path
    for root in ("/api", "/apis", "/healthz", "/livez", "/openapi", "/readyz", "/version")
    for path in (root, f"{root}/*")
)
_EVERYBODY = (
    Rule(("create",), ("selfsubjectaccessreviews", "selfsubjectrulesreviews"), ("authorization.k8s.io",)),
    Rule(("get",), paths=_PUBLIC_PATHS),
)
"""[SRC] The cluster roles system:basic-user, system:discovery and system:public-info-viewer."""


def rules_of(server: ClusterFace, user: User) -> tuple[Rule, ...]:
    """The user's rules. [D] The groups of adminGroupObjectIDs are bound to cluster-admin."""
    administrators = {MASTERS, *((server.entra or {}).get("adminGroupObjectIDs") or ())}
    if user.groups & administrators:
        return (*_ADMINISTRATOR, *_EVERYBODY)
    bound = [rule for binding in server.bindings if _is(server, user, binding.subject) for rule in binding.rules]
    return (*bound, *server.bound_rules(user), *_EVERYBODY)


def allows(rule: Rule, wanted: Attributes) -> bool:
    """[SRC] Names are asked for where a rule has some; a rule of a namespace does not reach the whole cluster."""
    if not _has(rule.verbs, wanted.verb):
        return False
    if wanted.path is not None:
        return any(_path_matches(path, wanted.path) for path in rule.paths)
    return (
        _has(rule.groups, wanted.group)
        and _has(rule.resources, wanted.resource)
        and (not rule.names or wanted.name in rule.names)
        and (not rule.namespaces or wanted.namespace in rule.namespaces)
    )


def _is(server: ClusterFace, user: User, subject: str) -> bool:
    if subject == CLUSTER_USER:
        return user.principal_id is None and user.name == CLUSTER_USER
    return user.principal_id == server.world.ids.principal(subject)


def _has(allowed: tuple[str, ...], wanted: str) -> bool:
    return "*" in allowed or wanted in allowed


def _path_matches(pattern: str, path: str) -> bool:
    """[SRC] A `*` at the end is any rest."""
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
