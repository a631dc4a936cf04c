"""What stands around a change in tests/fakes.py: everything is allowed and quiet, unless a test says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from azext_akskv.model.governance import Intent, Lock, Login, LoginKind, Permission, PolicyRefusal
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.kube import KubeRight
from tests.builders import NOW
from tests.fake_ports import FakePort

OWNER = Permission(("*",))
FOR_A_DAY = Login(LoginKind.MANAGED_IDENTITY, NOW + timedelta(hours=24))


@dataclass
class Around:
    """`denied`: what Azure Policy says to an intent, by its text. `may_not`: rights that the caller lacks in the
    cluster. `admission`: why admission refuses secrets, by namespace."""

    locks: tuple[Lock, ...] = ()
    permissions: tuple[Permission, ...] = (OWNER,)
    permissions_at: dict[str, tuple[Permission, ...]] = field(default_factory=dict)
    """At scopes, in lower case, where they are others."""
    denied: dict[str, str] = field(default_factory=dict)
    audited: bool = True
    login: Login = FOR_A_DAY
    neighbours: list[dict[str, Any]] = field(default_factory=list)
    maintenance: list[dict[str, Any]] = field(default_factory=list)
    may_not: set[KubeRight] = field(default_factory=set)
    admission: dict[str, str] = field(default_factory=dict)


class FakeGovernance(FakePort):
    def locks(self, resource: ResourceId) -> tuple[Lock, ...]:
        self.asked("governance.locks")
        return self.world.around.locks

    def permissions(self, scope: str) -> tuple[Permission, ...]:
        self.asked("governance.permissions")
        return self.world.around.permissions_at.get(scope.lower(), self.world.around.permissions)

    def refusals(self, intent: Intent) -> tuple[PolicyRefusal, ...]:
        self.asked("governance.refusals")
        assert intent.body is not None, "Azure Policy looks at bodies"
        why = self.world.around.denied.get(intent.what)
        return (PolicyRefusal(intent.what, "/policyAssignments/only-blue", why),) if why else ()

    def audited(self, vault: ResourceId) -> bool:
        self.asked("governance.audited")
        return self.world.around.audited

    def login(self) -> Login:
        self.asked("governance.login")
        return self.world.around.login
