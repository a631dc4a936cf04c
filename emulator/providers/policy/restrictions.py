"""What policies would do to a resource that is not there yet: the answer of checkPolicyRestrictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.providers.policy import fields, language
from emulator.providers.policy.assignments import Assigned

_TELLS_EFFECTS = "2023-03-01"


@dataclass(frozen=True)
class Question:
    """`content` is as much of the resource as is known; `policies` are those that are asked for."""

    content: Mapping[str, Any]
    policies: list[Assigned]
    api_version: str


def evaluations(question: Question) -> list[dict[str, Any]]:
    """[SPEC] One entry for each policy that refuses the content as it is."""
    found = [(assigned, assigned.violated_by(question.content)) for assigned in question.policies]
    return [
        _dated(
            question,
            {
                "policyInfo": _reference(assigned),
                "evaluationResult": "NonCompliant",
                "evaluationDetails": {"evaluatedExpressions": expressions, **_reason(question, assigned)},
            },
            effectDetails={"policyEffect": assigned.policy.effect},
        )
        for assigned, expressions in found
        if expressions is not None
    ]


def restrictions(question: Question, pending: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """[SPEC] For each pending field that policies restrict: which values they refuse or want."""
    asked: dict[str, list[str]] = {}
    for one in pending:
        for field in _spelled_out(question, str(one["field"])):
            asked[field] = list(one.get("values") or ())
    found = {
        field: [
            restriction
            for assigned in question.policies
            if (restriction := _restriction(question, assigned, field, values))
        ]
        for field, values in asked.items()
    }
    return [{"field": field, "restrictions": those} for field, those in found.items() if those]


def _spelled_out(question: Question, field: str) -> list[str]:
    """[SPEC] `tags` stands for every tag that a policy speaks of. Raises ValueError for a field that there is not."""
    if fields.path_of(field) != ("tags",):
        return [field]
    spoken_of = [condition["field"] for one in question.policies for condition in language.conditions(one.policy.rule)]
    return list(dict.fromkeys(name for name in spoken_of if fields.path_of(name)[0] == "tags"))


def _restriction(question: Question, assigned: Assigned, field: str, values: list[str]) -> dict[str, Any] | None:
    """[INF] Found by trying: the values that were asked for, or else those that the rule itself compares with."""
    path = fields.path_of(field)
    compared = [one for one in language.conditions(assigned.policy.rule) if fields.path_of(one["field"]) == path]
    if not compared:
        return None
    tried = values or [value for condition in compared for value in _values_in(condition)]
    refused = [value for value in tried if _refuses(question, assigned, field, value)]
    needed = assigned.violated_by(question.content) is not None
    if (values and refused) or (refused and not needed):
        return _told(question, assigned, "Audit" if assigned.policy.effect.lower() == "audit" else "Deny", refused)
    wanted = [value for value in tried if value not in refused]
    if needed and (wanted or not _refuses(question, assigned, field, "any")):
        return _told(question, assigned, "Required", wanted)
    return None


def _refuses(question: Question, assigned: Assigned, field: str, value: str) -> bool:
    return assigned.violated_by(fields.with_value(question.content, field, value)) is not None


def _values_in(condition: Mapping[str, Any]) -> list[str]:
    for operator in ("equals", "notEquals", "in", "notIn"):
        if operator in condition:
            wanted = condition[operator]
            return [str(one) for one in wanted] if isinstance(wanted, list | tuple) else [str(wanted)]
    return []


def _told(question: Question, assigned: Assigned, result: str, values: list[str]) -> dict[str, Any]:
    told = {"result": result, **({"values": values} if values else {}), "policy": _reference(assigned)}
    return _dated(question, told, policyEffect=assigned.policy.effect, **_reason(question, assigned))


def _reference(assigned: Assigned) -> dict[str, str]:
    return {"policyDefinitionId": assigned.definition_id, "policyAssignmentId": assigned.id}


def _reason(question: Question, assigned: Assigned) -> dict[str, str]:
    told = assigned.policy.message and question.api_version >= _TELLS_EFFECTS
    return {"reason": assigned.policy.message} if told else {}


def _dated(question: Question, told: dict[str, Any], **since: Any) -> dict[str, Any]:
    """[SPEC] Effects and reasons are told since 2023-03-01."""
    return told | since if question.api_version >= _TELLS_EFFECTS else told
