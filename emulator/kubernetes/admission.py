"""Admission: webhooks and policies that refuse changes."""

from __future__ import annotations

from emulator.kubernetes import statuses
from emulator.kubernetes.kinds import Kind
from emulator.worlds.cluster_access import AdmissionRule


def refuse_by_admission(
    rules: tuple[AdmissionRule, ...], operation: str, kind: Kind, namespace: str | None, name: str
) -> None:
    """Raises Refusal: 403 with the text of the first rule that refuses."""
    for rule in rules:
        if operation in rule.operations and concerns(rule, kind, namespace, name):
            raise statuses.failure(403, "Forbidden", rule.text.format(name=name), statuses.about(kind, name))


def concerns(rule: AdmissionRule, kind: Kind, namespace: str | None, name: str) -> bool:
    """Whether the rule is about this object."""
    return (
        kind.plural == rule.plural
        and (not rule.namespaces or namespace in rule.namespaces)
        and (not rule.names or name in rule.names)
    )
