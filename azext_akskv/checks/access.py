"""Checks of the grants: the right ones, in the way that the vault's access model understands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

from azext_akskv.checks.declare import ACCESS, NotApplicable, check
from azext_akskv.checks.subjects import (
    is_customers_key,
    only_for,
    over_private_endpoint,
    the_grants,
    the_identity,
    the_vault,
    unless_unused,
)
from azext_akskv.model.access import (
    APPROVES_ENDPOINTS,
    KEY_POLICY,
    KEY_VAULT_CONTRIBUTOR,
    READS_VAULTS,
    USES_KEYS,
    Identity,
)
from azext_akskv.model.choice import OFF_AND_ON, network_access_of
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Vault

NARROWER = (
    "Microsoft.KeyVault/vaults/read",
    "Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action",
    "Microsoft.Network/privateEndpoints/read",
    "Microsoft.Network/privateEndpoints/write",
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/subnets/read",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Network/networkInterfaces/write",
    "Microsoft.Network/locations/availablePrivateEndpointTypes/read",
)
"""What it takes to make a private endpoint and to approve it. [Azure docs, private endpoint; AKS#3542]"""


SPREAD = timedelta(minutes=10)
"""After it a role works, but for rare cases."""


@check("grant-missing", ACCESS, State.ERROR, "the identity may use the key", may_accept=True)
def grant_missing(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    vault, identity = the_vault(snapshot), the_identity(snapshot)
    if vault.rbac and not _has_role(snapshot, USES_KEYS):
        yield Problem(
            f"{identity.id.name} has no role on {vault.id.name} that lets it use keys",
            "without Key Vault Crypto User the API servers cannot decrypt a secret",
            _assign("Key Vault Crypto User", vault, identity),
        )
    if not vault.rbac and not vault.policy_of(identity.principal_id) >= KEY_POLICY:
        yield Problem(
            f"no access policy of {vault.id.name} lets {identity.id.name} encrypt and decrypt with keys",
            "without it the API servers cannot decrypt a secret",
            _set_policy(vault, identity),
        )
    if is_customers_key(snapshot):
        if network_access_of(snapshot) == "Private" and not _has_role(snapshot, READS_VAULTS):
            yield Problem(
                f"{identity.id.name} may not read the vault {vault.id.name}",
                "the new KMS data encryption looks at a private vault as this identity",
                _assign("Key Vault Reader", vault, identity),
            )
    elif network_access_of(snapshot) == "Private" and not _has_role(snapshot, APPROVES_ENDPOINTS):
        yield Problem(
            f"{identity.id.name} may not approve a private endpoint of {vault.id.name}",
            "AKS makes a private endpoint to the vault and approves it as this identity; it stays Pending otherwise",
            _assign("Key Vault Contributor", vault, identity),
        )


@check("vault-access-model", ACCESS, State.WARNING, "the grants are of the kind that the vault looks at")
def vault_access_model(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    vault, identity = the_vault(snapshot), the_identity(snapshot)
    may, by_role = vault.policy_of(identity.principal_id), any(each.role in USES_KEYS for each in the_grants(snapshot))
    if vault.rbac and may and not by_role:
        yield Problem(
            f"{vault.id.name} uses Azure RBAC, and {identity.id.name} has an access policy in it",
            "a vault with Azure RBAC ignores its access policies without a word: a role is needed",
            _assign("Key Vault Crypto User", vault, identity),
        )
    if not vault.rbac and not may >= KEY_POLICY and by_role:
        yield Problem(
            f"{vault.id.name} uses access policies, and {identity.id.name} has a role for its keys",
            "a vault with access policies ignores roles for its data without a word: a policy is needed",
            _set_policy(vault, identity),
        )


@check("grant-young", ACCESS, State.WARNING, "the identity's grants are old enough to work everywhere")
def grant_young(snapshot: Snapshot) -> Iterator[Problem]:
    """Permissions of a managed identity take some minutes, and up to an hour. [AKS docs; practitioners 2 to 10 min]"""
    unless_unused(snapshot)
    only_for(snapshot, "enable")
    vault, identity = the_vault(snapshot), the_identity(snapshot)
    cluster = snapshot.cluster.value
    if cluster and cluster.kms.enabled:
        raise NotApplicable("KMS is on already")
    if not vault.rbac:
        raise NotApplicable("access policies have no time of their own")
    grants = [grant.created for grant in the_grants(snapshot) if grant.role in USES_KEYS and grant.created]
    age = snapshot.taken_at - min(grants) if grants else SPREAD
    if age < SPREAD:
        yield Problem(
            f"{identity.id.name} was given its role on {vault.id.name} {age.total_seconds() / 60:.0f} min ago",
            "a new role takes some minutes to reach Key Vault. Until then AKS refuses the change, and this command "
            "tries again by itself for up to 30 minutes",
        )


@check("contributor-grant", ACCESS, State.WARNING, "the identity has no more rights on the vault than it needs")
def contributor_grant(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    vault, identity = the_vault(snapshot), the_identity(snapshot)
    if not over_private_endpoint(snapshot) or "grant-missing" in snapshot.accepted:
        return
    roles, showing = {grant.role for grant in the_grants(snapshot)}, snapshot.wanted.flow == "show"
    comes = snapshot.wanted.flow in ("enable", *OFF_AND_ON) and not roles & APPROVES_ENDPOINTS
    if not comes and not (showing and KEY_VAULT_CONTRIBUTOR in roles):
        return
    also = "" if vault.rbac else "; on this vault it may also give itself and others access to every key and secret"
    yield Problem(
        f"{identity.id.name} {'gets' if comes else 'has'} Key Vault Contributor on {vault.id.name}",
        f"that role may change the vault's firewall and settings and delete the vault{also}. A custom role with these "
        "actions is enough; with it assigned instead, add --accept grant-missing",
        shell("az", "role", "definition", "create", "--role-definition", _custom_role(vault)),
    )


def _has_role(snapshot: Snapshot, roles: frozenset[str]) -> bool:
    return any(grant.role in roles for grant in snapshot.grants.get())


def _custom_role(vault: Vault) -> str:
    return json.dumps(
        {
            "Name": f"KMS private endpoint to {vault.id.name}",
            "Description": "Makes a private endpoint to the vault and approves it, for KMS etcd encryption",
            "Actions": list(NARROWER),
            "AssignableScopes": [f"/subscriptions/{vault.id.subscription}"],
        }
    )


def _assign(role: str, vault: Vault, identity: Identity) -> str:
    who = ("--assignee-object-id", identity.principal_id, "--assignee-principal-type", "ServicePrincipal")
    return shell("az", "role", "assignment", "create", "--role", role, *who, "--scope", vault.id)


def _set_policy(vault: Vault, identity: Identity) -> str:
    permissions = ("--key-permissions", *sorted(KEY_POLICY), "--object-id", identity.principal_id)
    return shell("az", "keyvault", "set-policy", "--name", vault.id.name, *permissions)
