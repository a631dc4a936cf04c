"""Checks of what would stop a change midway: locks, Azure Policy, rights that the caller lacks, a login that ends."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import GOVERNANCE, NotApplicable, check
from azext_akskv.checks.subjects import CHANGES_KMS, only_for
from azext_akskv.model.duration import expected
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.governance import LoginKind, allowed
from azext_akskv.model.intent import intents_of
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.provision import ENABLE, GRANT
from azext_akskv.model.repairs import FIX
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot

OTHERS_ACTIONS = "Microsoft.Authorization/"
"""Actions under it are those of an Owner or a User Access Administrator."""
CHANGES = (*CHANGES_KMS, ENABLE, GRANT)
"""The commands that change something in Azure, FIX left out: of that somebody else may make a part."""


def _needs_intents(snapshot: Snapshot, *flows: str) -> None:
    only_for(snapshot, *(flows or CHANGES))
    if not snapshot.cluster.known or (snapshot.cluster.value is None and not snapshot.wanted.prepare_only):
        raise NotApplicable("there is no cluster to change")
    try:
        if not intents_of(snapshot):
            raise NotApplicable("nothing is left to change in Azure")
    except NotObserved as gap:  # another check says so, and blocks
        raise NotApplicable("what there is to change is not known") from gap


@check("resource-locked", GOVERNANCE, State.ERROR, "no lock is on what will be changed", may_accept=True)
def resource_locked(snapshot: Snapshot) -> Iterator[Problem]:
    _needs_intents(snapshot, *CHANGES, FIX)
    locks = snapshot.locks.get()
    for lock in locks:
        stopped = [
            each.what for each in intents_of(snapshot) if _takes_a_write(each.action) and lock.stops_writing(each.on)
        ]
        if stopped:
            where = lock.scope.rpartition("/")[2] or lock.scope
            yield Problem(
                f"the ReadOnly lock {lock.name} on {where} will refuse to: {'; '.join(dict.fromkeys(stopped))}",
                "ARM refuses every write below such a lock (409 ScopeLocked), also the one in the middle of a change. "
                "Take the lock away for the time of the change",
                shell(
                    "az", "lock", "delete", "--ids", f"{lock.scope}/providers/Microsoft.Authorization/locks/{lock.name}"
                ),
            )


def _takes_a_write(action: str) -> bool:
    """`.../assign/action` uses an identity, and writes nothing to it."""
    return not action.endswith("/assign/action")


@check("policy-refuses", GOVERNANCE, State.ERROR, "no policy denies what will be changed", may_accept=True)
def policy_refuses(snapshot: Snapshot) -> Iterator[Problem]:
    _needs_intents(snapshot)
    if snapshot.refusals is None:
        raise NotApplicable("not asked, because something else is in the way already")
    for refusal in snapshot.refusals.get():
        name, because = refusal.assignment.rpartition("/")[2], f" because {refusal.reason}" if refusal.reason else ""
        yield Problem(
            f"the policy assignment {name} denies to {refusal.intent}{because}",
            "ARM would answer 403 RequestDisallowedByPolicy in the middle of the change. Ask the policy's owner for an "
            "exemption, or change what it does not allow",
            shell("az", "policy", "assignment", "show", "--name", name, *_scope_of(refusal.assignment)),
        )


def _scope_of(assignment: str) -> tuple[str, ...]:
    scope = assignment.lower().partition("/providers/microsoft.authorization/policyassignments/")[0]
    return ("--scope", assignment[: len(scope)]) if scope else ()


@check("caller-rights", GOVERNANCE, State.ERROR, "the caller may do all that the change takes", may_accept=True)
def caller_rights(snapshot: Snapshot) -> Iterator[Problem]:
    _needs_intents(snapshot)
    held = {each.scope.lower(): each.permissions for each in snapshot.held.get()}
    needed = {(intent.action, intent.scope.lower()): intent for intent in intents_of(snapshot) if intent.by_caller}
    for intent in needed.values():
        if not allowed(held.get(intent.scope.lower(), ()), intent.action):
            role = _role_for(intent.action)
            yield Problem(
                f"you may not {intent.what}: the right {intent.action} is missing at {intent.scope}",
                f"the change would stop there with 403 AuthorizationFailed. {role} has this right",
                shell(
                    "az", "role", "assignment", "create", "--role", role, "--assignee", "YOU", "--scope", intent.scope
                ),
            )


def _role_for(action: str) -> str:
    """A built-in role, the narrowest one that people have, with this action. [D: Azure built-in roles]"""
    roles = {
        "Microsoft.ContainerService/": "Azure Kubernetes Service Contributor Role",
        OTHERS_ACTIONS: "User Access Administrator",
        "Microsoft.ManagedIdentity/userAssignedIdentities/assign": "Managed Identity Operator",
        "Microsoft.ManagedIdentity/": "Managed Identity Contributor",
        "Microsoft.KeyVault/": "Key Vault Contributor",
        "Microsoft.Compute/virtualMachineScaleSets/": "Virtual Machine Contributor",
    }
    return next((role for prefix, role in roles.items() if action.startswith(prefix)), "Contributor")


@check("login-ends-early", GOVERNANCE, State.ERROR, "the login lasts as long as the change", may_accept=True)
def login_ends_early(snapshot: Snapshot) -> Iterator[Problem]:
    """az renews the access token of every login but a federated one. [CLI; D: az login]"""
    _needs_intents(snapshot)
    login, needed = snapshot.login.get(), expected(snapshot)
    left = login.expires - snapshot.taken_at
    if login.renews or left >= needed:
        return
    minutes = max(0, int(left.total_seconds() // 60))
    again = "--federated-token TOKEN" if login.kind is LoginKind.FEDERATED else ""
    owed = "but the rewrite is owed until then" if snapshot.wanted.flow in CHANGES_KMS else "where it stopped"
    yield Problem(
        f"az is signed in as {login.kind.value}: its token ends in {minutes} min and cannot be renewed, and the change "
        f"takes about {needed.total_seconds() / 60:.0f} min",
        "when the token ends the command stops wherever it is; run again after a new sign-in it goes on, "
        f"{owed}. Sign in right before, or as something that renews: a managed identity, a secret",
        f"az login --service-principal --username APP_ID --tenant TENANT_ID {again}".strip(),
    )
