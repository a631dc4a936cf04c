"""The policies of a world where they are assigned, and their names in Azure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.providers.ids import covers, group_id
from emulator.providers.policy import language
from emulator.worlds.governance import PolicyAssignment
from emulator.worlds.spec import SUBSCRIPTION

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
_INDEXED = {
    "microsoft.containerservice/managedclusters",
    "microsoft.keyvault/vaults",
    "microsoft.managedidentity/userassignedidentities",
}
"""[D] Types with a location and tags: the mode Indexed looks at no other."""


@dataclass(frozen=True)
class Assigned:
    """A policy assignment with its ids; each has a definition of its own in the subscription."""

    policy: PolicyAssignment
    scope: str
    definition: str

    @property
    def id(self) -> str:
        return f"{self.scope}/providers/Microsoft.Authorization/policyAssignments/{self.policy.name}"

    @property
    def definition_id(self) -> str:
        return f"{_SUBSCRIPTION}/providers/Microsoft.Authorization/policyDefinitions/{self.definition}"

    def violated_by(self, resource: Mapping[str, Any]) -> list[language.Expression] | None:
        """What was found when the policy's rule is true of a resource (with its `type`), else None."""
        if self.policy.mode == "Indexed" and str(resource.get("type")).lower() not in _INDEXED:
            return None
        violated, looked_at = language.holds(self.policy.rule, resource)
        return looked_at if violated else None


def assigned_to(world: EmulatedWorld, scope: str) -> list[Assigned]:
    """The assignments at a scope or above it."""
    scopes = {"subscription": _SUBSCRIPTION, "group": group_id(SUBSCRIPTION, world.spec.group)}
    found = [
        Assigned(policy, scopes[policy.scope], world.ids.uuid("policyDefinition", policy.name))
        for policy in world.spec.policy_assignments
    ]
    return [assigned for assigned in found if covers(assigned.scope, scope)]
