"""Admission: webhooks and policies that refuse changes, as data of a world."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.kubernetes import statuses
from emulator.kubernetes.kinds import Kind


@dataclass(frozen=True)
class AdmissionRule:
    """Refuses changes with 403 and a text in which `{name}` is the object's. Empty namespaces or names mean all;
    operations are CREATE, UPDATE, DELETE. A patch that changes nothing is an UPDATE too."""

    text: str
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    operations: tuple[str, ...] = ("UPDATE",)
    plural: str = "secrets"

    def concerns(self, kind: Kind, namespace: str | None, name: str) -> bool:
        return (
            kind.plural == self.plural
            and (not self.namespaces or namespace in self.namespaces)
            and (not self.names or name in self.names)
        )


def refuse_by_admission(
    rules: tuple[AdmissionRule, ...], operation: str, kind: Kind, namespace: str | None, name: str
) -> None:
    """Raises Refusal: 403 with the text of the first rule that refuses."""
    for rule in rules:
        if operation in rule.operations and rule.concerns(kind, namespace, name):
            raise statuses.failure(403, "Forbidden", rule.text.format(name=name), statuses.about(kind, name))
