"""How Azure Resource Manager and AKS say no: their envelopes are not the same."""

from __future__ import annotations

from typing import Any

from emulator.core.errors import refusal
from emulator.core.http import Answer, Refusal

GATEWAY = {"x-ms-failure-cause": "gateway"}
"""[REC] Resource Manager itself answered; without the header the provider did."""


def arm_error(status: int, code: str, message: str, *, gateway: bool = False) -> Refusal:
    """`{"error": {code, message}}`, from Resource Manager itself (`gateway`) or from a provider."""
    return refusal(status, code, message, GATEWAY if gateway else None)


def aks_error(status: int, code: str, message: str, *, subcode: str = "", target: str | None = None) -> Refusal:
    """[REC] AKS's own errors are flat: `{code, details, message, subcode[, target]}`."""
    body: dict[str, Any] = {"code": code, "details": None, "message": message, "subcode": subcode}
    if target is not None:
        body["target"] = target
    return Refusal(Answer(status, body))


def resource_not_found(resource_type: str, name: str, group: str) -> Refusal:
    """[REC] Resource Manager's 404: `name` is `vault1`, or `cluster1/pool1` for a child."""
    return arm_error(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        gateway=True,
    )
