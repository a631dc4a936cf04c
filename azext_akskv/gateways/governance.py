"""Locks, policies, the caller's rights and login, and a vault's audit log: small reads of ARM that az ships no common
client for, so they go as plain requests through the pipeline of a client that is there anyway. [ADR 1]"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from azure.core.rest import HttpRequest

from azext_akskv.failures import Denied
from azext_akskv.gateways.answers import Json
from azext_akskv.gateways.clients import CLUSTER_VERSIONS, Clients
from azext_akskv.gateways.errors import asking
from azext_akskv.gateways.lists import listed
from azext_akskv.model.governance import Intent, Lock, Login, Permission, PolicyRefusal, group_of
from azext_akskv.model.ids import CLUSTER_TYPE, IDENTITY_TYPE, VAULT_TYPE, ResourceId
from azext_akskv.model.members import child, children, flag, text, texts, whole

LOCKS, PERMISSIONS, RESTRICTIONS, DIAGNOSTICS = "2016-09-01", "2022-04-01", "2022-03-01", "2021-05-01-preview"
"""api-versions old enough for every cloud."""

CONTENT_VERSIONS = {
    CLUSTER_TYPE: CLUSTER_VERSIONS[-1],
    VAULT_TYPE: "2023-07-01",
    f"{VAULT_TYPE}/keys": "2023-07-01",
    IDENTITY_TYPE: "2023-01-31",
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
}
"""By which api-version Azure Policy shall understand what is going to be sent."""

AUDIT = frozenset({"auditevent", "audit", "alllogs"})
"""The category of the vault's audit log, and the groups that hold it. [D: Key Vault logging]"""


class ArmGovernance:
    """Fills ports.Governance, for the subscription of the command."""

    def __init__(self, clients: Clients, subscription: str) -> None:
        self._clients = clients
        self._subscription = subscription

    def locks(self, resource: ResourceId) -> tuple[Lock, ...]:
        """A list holds the locks at, above and below its scope. [emulator/parity.md] The subscription's serves every
        group at once; the group's, for those who may not read that one, has all that matter in the group."""
        everywhere, nearby = f"/subscriptions/{resource.subscription}", group_of(resource)
        try:
            with asking("read the locks of the subscription"):
                found = self._items(f"{everywhere}/providers/Microsoft.Authorization/locks", LOCKS)
                return tuple(parse_lock(item) for item in found)
        except Denied:
            with asking(f"read the locks of the resource group {resource.group}"):
                found = self._items(f"{nearby}/providers/Microsoft.Authorization/locks", LOCKS)
                return tuple(parse_lock(item) for item in found)

    def permissions(self, scope: str) -> tuple[Permission, ...]:
        with asking(f"read the caller's permissions at {scope}"):
            path = f"{scope}/providers/Microsoft.Authorization/permissions"
            return tuple(parse_permission(item) for item in self._items(path, PERMISSIONS))

    def refusals(self, intent: Intent) -> tuple[PolicyRefusal, ...]:
        group = group_of(intent.on)
        path = f"{group}/providers/Microsoft.PolicyInsights/checkPolicyRestrictions"
        with asking(f"ask Azure Policy about a plan to {intent.what}"):
            answer = self._sent("POST", f"{path}?api-version={RESTRICTIONS}", resource_details(intent))
            evaluations = children(child(answer, "contentEvaluationResult"), "policyEvaluations")
            return tuple(parse_refusal(intent, each) for each in evaluations)

    def audited(self, vault: ResourceId) -> bool:
        with asking(f"read the diagnostic settings of the vault {vault.name}"):
            settings = self._items(f"{vault}/providers/Microsoft.Insights/diagnosticSettings", DIAGNOSTICS)
            return any(keeps_audit_log(setting) for setting in list(settings))

    def login(self) -> Login:
        with asking("see how long the login lasts"):
            kind, expires_on = self._clients.login(self._subscription)
            return Login(kind, datetime.fromtimestamp(expires_on, timezone.utc))

    def _items(self, path: str, version: str) -> Iterator[Json]:
        return listed(self._clients, self._subscription, path, version)

    def _sent(self, method: str, path: str, body: Json | None = None) -> Json:
        # --debug would print the body whole, which is that of a cluster; it holds nothing secret
        request = HttpRequest(method, path, json=body)
        reply = self._clients.send(self._subscription, request)
        reply.raise_for_status()
        return whole(reply.json())


def parse_lock(raw: Json) -> Lock:
    """A lock's scope is what stands before the provider in its id."""
    scope, _, _ = text(whole(raw), "id").lower().rpartition("/providers/microsoft.authorization/locks/")
    return Lock(text(raw, "name"), text(child(raw, "properties"), "level"), scope)


def parse_permission(raw: Json) -> Permission:
    return Permission(tuple(texts(whole(raw), "actions")), tuple(texts(raw, "notActions")))


def resource_details(intent: Intent) -> Json:
    """What Azure Policy is asked about; a child names its parent as the scope. [SPEC]"""
    body = dict(intent.body or {})
    kind = body.pop("type", intent.on.type)
    inside = kind.lower() != intent.on.type.lower()
    content: Json = {"type": kind, **({} if inside else {"name": intent.on.name}), **body}
    details: Json = {"resourceContent": content, "apiVersion": CONTENT_VERSIONS[kind]}
    return {"resourceDetails": details | ({"scope": str(intent.on)} if inside else {})}


def parse_refusal(intent: Intent, evaluation: Json) -> PolicyRefusal:
    """Each evaluation that comes back is one that denies; without conditions in it there is no more to tell. [SPEC]"""
    info, details = child(whole(evaluation), "policyInfo"), child(evaluation, "evaluationDetails")
    return PolicyRefusal(intent.what, text(info, "policyAssignmentId"), "; ".join(_conditions(details)))


def _conditions(details: Json) -> Iterator[str]:
    for each in children(details, "evaluatedExpressions"):
        if str(each.get("result")).lower() == "true":
            path, value = each.get("path") or each.get("expression"), each.get("expressionValue")
            said = "" if value is None else f" is {value!r},"
            yield f"{path}{said} {each.get('operator')} {each.get('targetValue')!r}"


def keeps_audit_log(setting: Json) -> bool:
    return any(
        flag(log, "enabled") and (text(log, "category") or text(log, "categoryGroup")).lower() in AUDIT
        for log in children(child(whole(setting), "properties"), "logs")
    )
