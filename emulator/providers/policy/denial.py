"""How Resource Manager's front refuses what a policy denies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emulator.core.http import Answer, Call, Refusal
from emulator.providers.errors import GATEWAY
from emulator.providers.ids import name_of
from emulator.providers.policy.assignments import Assigned, assigned_to
from emulator.providers.policy.language import Expression

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

Violations = list[tuple[Assigned, list[Expression]]]


def refuse_disallowed(call: Call, resource_type: str) -> None:
    """[D] A PUT is judged by what it says, a PATCH by what would come of it.

    Raises Refusal: 403 RequestDisallowedByPolicy [3P].
    """
    if call.method not in ("PUT", "PATCH") or not call.world.spec.policy_assignments:
        return
    request, stored = call.json() or {}, call.world.resources.get(call.path)
    if call.method == "PATCH":
        request = _merged(stored.body if stored else {}, request)
    name = name_of(call.path)
    resource = {**request, "id": call.path, "name": name, "fullName": name, "type": resource_type}
    if violations := _violations(call.world, call.path, resource):
        raise Refusal(Answer(403, {"error": _error(name, violations)}, dict(GATEWAY)))


def _violations(world: EmulatedWorld, scope: str, resource: Mapping[str, Any]) -> Violations:
    denying = [one for one in assigned_to(world, scope) if one.policy.effect.lower() == "deny"]
    judged = [(assigned, assigned.violated_by(resource)) for assigned in denying]
    return [(assigned, found) for assigned, found in judged if found is not None]


def _merged(old: Any, new: Any) -> Any:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}


def _error(name: str, violations: Violations) -> dict[str, Any]:
    reasons = [assigned.policy.message for assigned, _ in violations if assigned.policy.message]
    if reasons:
        told = ",".join(f"'{reason}'" for reason in reasons)
        why = f"Reasons: {told}. See error details for policy resource IDs."
    else:
        identifiers = json.dumps([_identifiers(assigned) for assigned, _ in violations], separators=(",", ":"))
        why = f"Policy identifiers: '{identifiers}'."
    return {
        "code": "RequestDisallowedByPolicy",
        "target": name,
        "message": f"Resource '{name}' was disallowed by policy. {why}",
        "additionalInfo": [{"type": "PolicyViolation", "info": _info(*violation)} for violation in violations],
    }


def _identifiers(assigned: Assigned) -> dict[str, Any]:
    name = assigned.policy.display_name
    return {
        "policyAssignment": {"name": name, "id": assigned.id},
        "policyDefinition": {"name": name, "id": assigned.definition_id},
    }


def _info(assigned: Assigned, found: list[Expression]) -> dict[str, Any]:
    policy = assigned.policy
    reason = {"reason": policy.message} if policy.message else {}
    return {
        "evaluationDetails": {"evaluatedExpressions": found, **reason},
        "policyDefinitionId": assigned.definition_id,
        "policyDefinitionName": assigned.definition,
        "policyDefinitionDisplayName": policy.display_name,
        "policyDefinitionEffect": policy.effect,
        "policyAssignmentId": assigned.id,
        "policyAssignmentName": policy.name,
        "policyAssignmentDisplayName": policy.display_name,
        "policyAssignmentScope": assigned.scope,
        "policyAssignmentParameters": {},
        "policyExemptionIds": [],
    }
