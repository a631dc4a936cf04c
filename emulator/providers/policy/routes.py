"""Microsoft.PolicyInsights/checkPolicyRestrictions at a subscription and a resource group."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.providers.errors import arm_error
from emulator.providers.policy.assignments import assigned_to
from emulator.providers.policy.restrictions import Question, evaluations, restrictions

ROUTES = Routes()
_CHECK = "/providers/Microsoft.PolicyInsights/checkPolicyRestrictions"


@ROUTES.route("POST", "/subscriptions/{subscription}" + _CHECK)
@ROUTES.route("POST", "/subscriptions/{subscription}/resourceGroups/{group}" + _CHECK)
def check_restrictions(call: Call) -> Answer:
    """[SPEC] Policies with the effect audit count only when they are asked for."""
    request = call.json() or {}
    content = _content(request)
    effects = ("deny", "audit") if request.get("includeAuditEffect") else ("deny",)
    scope = call.path.rpartition("/providers/")[0]
    policies = [one for one in assigned_to(call.world, scope) if one.policy.effect.lower() in effects]
    question = Question(content, policies, call.query["api-version"])
    try:
        told = restrictions(question, request.get("pendingFields") or [])
    except (KeyError, ValueError) as unknown:
        raise _bad_request(f"The pending fields are invalid: {unknown}.") from unknown
    body = {"fieldRestrictions": told, "contentEvaluationResult": {"policyEvaluations": evaluations(question)}}
    return Answer(200, body)


def _content(request: dict[str, Any]) -> dict[str, Any]:
    """Raises Refusal: 400 [3P: code; INF: text]."""
    content = (request.get("resourceDetails") or {}).get("resourceContent")
    if not isinstance(content, dict) or not content.get("type"):
        raise _bad_request("The request must have 'resourceDetails.resourceContent' with a 'type'.")
    return content


def _bad_request(message: str) -> Exception:
    return arm_error(400, "InvalidCheckRestrictionsRequest", message)
