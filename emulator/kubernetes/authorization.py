"""What a user may do, by Kubernetes' own RBAC or by Azure's, and how it is told when it may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.kubernetes import bound_roles, rbac, statuses
from emulator.kubernetes.authentication import User
from emulator.kubernetes.kinds import Target

if TYPE_CHECKING:
    from emulator.kubernetes.face import ClusterFace

# [D] Azure RBAC for Kubernetes knows three verbs.
_AZURE_VERBS = {"get": "read", "list": "read", "watch": "read", "delete": "delete", "deletecollection": "delete"}
_IN_AZURE = "User does not have access to the resource in Azure. Update role assignment to allow access."


@dataclass(frozen=True)
class Attributes:
    """What access control looks at. `path` is set, and all else but the verb is not, for what is no resource."""

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str | None = None
    name: str | None = None
    path: str | None = None


def allowed(server: ClusterFace, user: User, wanted: Attributes) -> bool:
    """Whether the user may: by Kubernetes' own RBAC, or because Azure says so."""
    if any(rbac.allows(rule, wanted) for rule in rbac.rules_of(server, user)):
        return True
    if user.principal_id is None or not is_decided_in_azure(server):
        return False
    return _azure_allows(server, user.principal_id, wanted)


def is_decided_in_azure(server: ClusterFace) -> bool:
    """[D] With Azure RBAC role assignments count beside Kubernetes' own roles."""
    return bool((server.entra or {}).get("enableAzureRBAC"))


def refuse_unless_allowed(server: ClusterFace, user: User, verb: str, target: Target) -> None:
    """Raises Refusal: 403 for a resource."""
    kind = target.kind
    resource = f"{kind.plural}/{target.subresource}" if target.subresource else kind.plural
    wanted = Attributes(verb, kind.group, resource, target.namespace, target.name)
    if allowed(server, user, wanted):
        return
    where = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    subject = f'{kind.qualified} "{target.name}"' if target.name else kind.qualified
    text = (
        f'{subject} is forbidden: User "{user.name}" cannot {verb} resource "{resource}" '
        f'in API group "{kind.group}" {where}'
    )
    if user.principal_id and is_decided_in_azure(server):
        text += f": {_IN_AZURE}"
    raise statuses.failure(403, "Forbidden", text, statuses.about(kind, target.name))


def refuse_review_unless_allowed(server: ClusterFace, user: User) -> None:
    """Raises Refusal: 403 for who may not ask what others may. [SRC]"""
    group, resource = "authorization.k8s.io", "subjectaccessreviews"
    if not allowed(server, user, Attributes("create", group, resource)):
        text = f'{resource}.{group} is forbidden: User "{user.name}" cannot create resource "{resource}" '
        text += f'in API group "{group}" at the cluster scope'
        raise statuses.failure(403, "Forbidden", text, {"group": group, "kind": resource})


def acting(server: ClusterFace, user: User, name: str) -> User:
    """[SRC] Whom a request is made for that has `Impersonate-User`, as `kubectl --as` sends it.

    Raises Refusal: 403.
    """
    if not name:
        return user
    parts = name.removeprefix(bound_roles.ACCOUNT).split(":")
    is_account = name.startswith(bound_roles.ACCOUNT) and len(parts) == 2
    wanted = Attributes("impersonate", resource="serviceaccounts" if is_account else "users", name=parts[-1])
    if not allowed(server, user, wanted):
        text = f'{wanted.resource} "{name}" is forbidden: User "{user.name}" cannot impersonate resource '
        text += f'"{wanted.resource}" in API group "" at the cluster scope'
        raise statuses.failure(403, "Forbidden", text, {"name": name, "kind": wanted.resource})
    return bound_roles.account(*parts) if is_account else User(name, frozenset({"system:authenticated"}))


def refuse_path_unless_allowed(server: ClusterFace, user: User, path: str) -> None:
    """Raises Refusal: 403 for what is no resource (`/metrics`)."""
    if not allowed(server, user, Attributes("get", path=path)):
        text = f'forbidden: User "{user.name}" cannot get path "{path}"'
        raise statuses.failure(403, "Forbidden", text, {})


def _azure_allows(server: ClusterFace, principal_id: str, wanted: Attributes) -> bool:
    """[D] `Microsoft.ContainerService/managedClusters/[<group>/]<resource>/<verb>` at the cluster or a namespace."""
    if wanted.path is not None:
        resource, verb = wanted.path.strip("/"), "read"
    else:
        plural = wanted.resource.partition("/")[0]  # [3P] a log is read with the right to read its pod
        resource = f"{wanted.group}/{plural}" if wanted.group else plural
        verb = _AZURE_VERBS.get(wanted.verb, "write")
    scope = server.cluster_id + (f"/namespaces/{wanted.namespace}" if wanted.namespace else "")
    action = f"Microsoft.ContainerService/managedClusters/{resource}/{verb}"
    return server.world.rights.may(principal_id, action, scope, data=True)
