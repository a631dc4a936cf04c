"""What it takes to give roles to identities, and identities to things."""

from __future__ import annotations

from azext_akskv.model.access import ROLE_NAMES, new_grant
from azext_akskv.model.governance import Intent
from azext_akskv.model.ids import ResourceId

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


def use_of(identity: ResourceId) -> Intent:
    """ARM asks for it with each write of what has, or is to have, this identity. [D: linked access check]"""
    action = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
    return Intent(f"use the identity {identity.name}", action, str(identity), identity)


def assignment(vault: ResourceId, scope: str, role: str, who: str) -> Intent:
    """Of a role at a vault, to the principal `who`. Rights on a vault that is still to be made are those at `scope`."""
    what = f"assign {ROLE_NAMES[role]} on {vault.name}"
    return Intent(what, f"{ASSIGNMENTS}/write", scope, vault, {"type": ASSIGNMENTS, **new_grant(vault, role, who)})


def policy_addition(vault: ResourceId, scope: str) -> Intent:
    action = "Microsoft.KeyVault/vaults/accessPolicies/write"
    return Intent(f"add an access policy to {vault.name}", action, scope, vault)
