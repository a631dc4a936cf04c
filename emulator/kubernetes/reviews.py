"""Reviews: what the caller itself may do, and what another."""

from __future__ import annotations

from typing import Any

from emulator.kubernetes import authorization, rbac, statuses
from emulator.kubernetes.authentication import User
from emulator.kubernetes.authorization import Attributes
from emulator.kubernetes.face import ClusterFace
from emulator.worlds.cluster_access import Rule

GROUP = "authorization.k8s.io"
OF_ANOTHER = "SubjectAccessReview"
Object = dict[str, Any]
_UNRESOLVED = "webhook authorizer does not support user rule resolution"


def access(server: ClusterFace, user: User, spec: Object) -> Object:
    """SelfSubjectAccessReview: whether the caller may do one thing.

    Raises Refusal: 422 unless it is about either a resource or a path [SRC].
    """
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) == (path is None):
        problem = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        message = (
            f'SelfSubjectAccessReview.{GROUP} "" is invalid: spec.resourceAttributes: Invalid value: "": {problem}'
        )
        raise statuses.failure(422, "Invalid", message, {"group": GROUP, "kind": "SelfSubjectAccessReview"})
    if resource is not None:
        wanted = Attributes(
            resource.get("verb", ""),
            resource.get("group", ""),
            resource.get("resource", ""),
            resource.get("namespace") or None,
            resource.get("name") or None,
        )
    else:
        wanted = Attributes((path or {}).get("verb", ""), path=(path or {}).get("path", ""))
    return {"allowed": authorization.allowed(server, user, wanted)}


def of_another(server: ClusterFace, spec: Object) -> tuple[Object, Object]:
    """SubjectAccessReview: whether another may do one thing; the question and the answer. Groups are those that are
    given, and a user's own name decides nothing about them. [SRC]

    Raises Refusal: 422 without a user or a group, and as `access` does.
    """
    user, groups = str(spec.get("user") or ""), spec.get("groups") or []
    if not user and not groups:
        problem = 'spec.user: Invalid value: "": at least one of user or group must be specified'
        message = f'{OF_ANOTHER}.{GROUP} "" is invalid: {problem}'
        raise statuses.failure(422, "Invalid", message, {"group": GROUP, "kind": OF_ANOTHER})
    return spec, access(server, User(user, frozenset(map(str, groups))), spec)


def rules(server: ClusterFace, user: User, spec: Object) -> Object:
    """SelfSubjectRulesReview: all that the caller may do in a namespace, as far as that can be listed. [SRC] A webhook,
    which Azure RBAC is, can only be asked about one thing at a time.

    Raises Refusal: 400 without a namespace [SRC].
    """
    namespace = spec.get("namespace")
    if not namespace:
        raise statuses.bad_request("no namespace on request")
    found = [one for one in rbac.rules_of(server, user) if not one.namespaces or namespace in one.namespaces]
    status: Object = {
        "resourceRules": [_resource_rule(one) for one in found if one.resources],
        "nonResourceRules": [
            {"verbs": list(one.verbs), "nonResourceURLs": list(one.paths)} for one in found if one.paths
        ],
        "incomplete": authorization.is_decided_in_azure(server),
    }
    return {**status, "evaluationError": _UNRESOLVED} if status["incomplete"] else status


def _resource_rule(rule: Rule) -> Object:
    told: Object = {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
    return {**told, "resourceNames": list(rule.names)} if rule.names else told
