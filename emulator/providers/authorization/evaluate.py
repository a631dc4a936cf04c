"""Who may do what: role assignments at a scope or above it, once they have spread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from emulator.core.resources import Resource
from emulator.providers.authorization.denials import denial_of
from emulator.providers.authorization.roles import role_with_id
from emulator.providers.ids import covers
from emulator.worlds.governance import Role

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


@lru_cache(maxsize=4096)
def _matches(pattern: str, action: str) -> bool:
    """[D] `*` stands for any run of characters, slashes included; letter case does not count. `/*/` also stands for a
    single slash: `vaults/*/read` is the right to read vaults too [REC: roles that could do nothing without that]."""
    regex = re.escape(pattern).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.fullmatch(regex, action, re.IGNORECASE) is not None


def permits(role: Role, action: str, data: bool) -> bool:
    """Whether a role allows a control-plane action or, with `data`, a data action."""
    allowed, taken_out = role.actions, role.not_actions
    if data:
        allowed, taken_out = role.data_actions, role.not_data_actions
    if any(_matches(pattern, action) for pattern in taken_out):
        return False
    return any(_matches(pattern, action) for pattern in allowed)


class Rights:
    """The access decisions of this world."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world

    def may(self, principal_id: str, action: str, scope: str, data: bool = False) -> bool:
        """Whether the principal (an object id) may do `action` at `scope`, with what has spread by now.

        [D] A new assignment takes effect after a while: `spec.delays.grant`. A deny assignment beats them all.
        """
        denied = None if data else denial_of(self._world, action, scope)
        return denied is None and self.has_role_for(principal_id, action, scope, data)

    def has_role_for(self, principal_id: str, action: str, scope: str, data: bool = False) -> bool:
        """Whether a role of the principal allows it, whatever a deny assignment says."""
        for assignment in self.assignments_of(principal_id, scope):
            role = role_with_id(self._world, assignment.body["properties"]["roleDefinitionId"])
            if role and permits(role, action, data) and self._has_spread(assignment):
                return True
        return False

    def assignments_of(self, principal_id: str, scope: str) -> Iterator[Resource]:
        """The principal's assignments at the scope or above it, spread or not."""
        for assignment in self._world.resources.under("/", ASSIGNMENTS):
            properties = assignment.body["properties"]
            if properties["principalId"].lower() == principal_id.lower() and covers(properties["scope"], scope):
                yield assignment

    def reaches_anything_in(self, principal_id: str, scope: str) -> bool:
        """Whether any assignment of the principal lies at, above or below the scope."""
        return any(
            assignment.body["properties"]["principalId"].lower() == principal_id.lower()
            and (
                covers(assignment.body["properties"]["scope"], scope)
                or covers(scope, assignment.body["properties"]["scope"])
            )
            for assignment in self._world.resources.under("/", ASSIGNMENTS)
        )

    def _has_spread(self, assignment: Resource) -> bool:
        wait = timedelta(seconds=self._world.spec.delays.grant)
        return assignment.created + wait <= self._world.clock.now()
