"""Lets the cluster's identity use the key, in the way that the vault's access model understands, and waits until the
grants are old enough where nobody can try them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from azext_akskv.engine.step import Fact, Run, Seen, Step, given
from azext_akskv.engine.waiting import until
from azext_akskv.failures import Missing, Rejected, TookTooLong
from azext_akskv.model.access import (
    APPROVES_ENDPOINTS,
    KEY_POLICY,
    KEY_VAULT_CONTRIBUTOR,
    KEY_VAULT_CRYPTO_USER,
    KEY_VAULT_READER,
    READS_VAULTS,
    ROLE_NAMES,
    USES_KEYS,
    Grant,
)
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.vault import Vault
from azext_akskv.steps.create import find_vault

DATED_WITHIN = 1.0
"""Seconds: answers are dated in whole ones, so something can seem younger by one."""

POLICY_SINCE = Fact("policy-since", datetime.fromisoformat)
"""When this run added an access policy: the service's time."""

Who = Fact[str] | str
"""A principal id, or the fact that a step before finds it out."""


def grant_crypto_user(vault: ResourceId, who: Who) -> Step:
    return _grant_role("grant-crypto-user", vault, who, KEY_VAULT_CRYPTO_USER, USES_KEYS)


def grant_contributor(vault: ResourceId, who: Who) -> Step:
    """AKS makes the private endpoint and approves it as this identity. [AKS docs]"""
    return _grant_role("grant-contributor", vault, who, KEY_VAULT_CONTRIBUTOR, APPROVES_ENDPOINTS)


def grant_reader(vault: ResourceId, who: Who) -> Step:
    """The new KMS data encryption looks at the vault as this identity. [AKS docs, migrate-to-kms-data-encryption]"""
    return _grant_role("grant-reader", vault, who, KEY_VAULT_READER, READS_VAULTS)


def _grant_role(code: str, vault: ResourceId, who: Who, role: str, enough: Collection[str]) -> Step:
    def look(run: Run) -> Seen | None:
        held = [grant for grant in _grants(run, vault, given(run, who)) if grant.role in enough]
        return Seen(f"{ROLE_NAMES[held[0].role]} at {held[0].scope}") if held else None

    def act(run: Run) -> None:
        assign_role(run, vault, role, given(run, who))

    return Step(
        code=code,
        title=f"assign {ROLE_NAMES[role]} on {vault.name} to the cluster's identity",
        look=look,
        act=act,
        left_behind="the cluster was not touched; a role that was assigned does no harm while KMS is off",
    )


def assign_role(run: Run, vault: ResourceId, role: str, principal: str) -> None:
    """Waits while Azure's directory does not know a new identity everywhere, Waits.appear at the longest."""

    def assigned() -> Grant | None:
        try:
            return run.ports.roles.grant(vault, role, principal)
        except Rejected as error:
            if error.code != "PrincipalNotFound":
                raise
            run.reporter.tick("the new identity is not known everywhere yet")
            return None

    what = f"assign {ROLE_NAMES[role]} to the principal {principal}"
    until(run.clock, assigned, every=run.waits.poll, limit=run.waits.appear, what=what)


def grant_key_policy(vault: ResourceId, who: Who) -> Step:
    def look(run: Run) -> Seen | None:
        home, principal = find_vault(run, vault), given(run, who)
        known = {name: since for name, since in run.facts.items() if name == POLICY_SINCE.name}
        return Seen("encrypt and decrypt", known) if home and home.policy_of(principal) >= KEY_POLICY else None

    def act(run: Run) -> None:
        home = run.ports.vaults.get(vault)
        run.ports.vaults.allow_keys(home, given(run, who), KEY_POLICY)
        run.facts[POLICY_SINCE.name] = home.seen_at.isoformat()

    return Step(
        code="grant-key-policy",
        title=f"allow the cluster's identity to encrypt and decrypt with the keys of {vault.name}",
        look=look,
        act=act,
        left_behind="the cluster was not touched; an access policy that was added does no harm while KMS is off",
    )


def wait_for_grants(vault: ResourceId, who: Who, also: frozenset[str] = APPROVES_ENDPOINTS) -> Step:
    """For a private vault: AKS cannot try the grants there, and one that does not work yet breaks the control plane.
    `also`: roles of which one is needed beside the right to use keys."""

    def left(run: Run) -> float:
        home, principal = run.looking.vaults.get(vault), given(run, who)
        grants = _grants(run, vault, principal)
        if not _complete(home, principal, grants, also):
            return run.waits.grant_propagation
        known = POLICY_SINCE in run
        since = granted_at(home, grants, run[POLICY_SINCE] if known else None, also)
        age = (home.seen_at - since).total_seconds() if since else run.waits.grant_propagation
        return run.waits.grant_propagation - age

    def look(run: Run) -> Seen | None:
        try:
            return Seen("Azure had the time to spread them") if left(run) <= 0 else None
        except Missing:
            return None

    def act(run: Run) -> None:
        deadline = run.clock.monotonic() + 2 * (run.waits.grant_propagation + DATED_WITHIN)
        while (seconds := left(run)) > 0:
            if run.clock.monotonic() > deadline:
                raise TookTooLong("the grants stay young: somebody changes the vault or its role assignments again")
            run.reporter.tick(f"Azure spreads the grants; {seconds:.0f} s to go")
            run.clock.sleep(min(seconds, run.waits.poll))

    return Step(
        code="wait-for-grants",
        title="wait until the grants have reached Key Vault",
        look=look,
        act=act,
        left_behind="the cluster was not touched",
    )


def _complete(vault: Vault, principal: str, grants: Collection[Grant], also: frozenset[str]) -> bool:
    roles = {grant.role for grant in grants}
    keys = bool(roles & USES_KEYS) if vault.rbac else vault.policy_of(principal) >= KEY_POLICY
    return keys and bool(roles & also)


def granted_at(
    vault: Vault,
    grants: Collection[Grant],
    policy_since: datetime | None,
    also: frozenset[str] = APPROVES_ENDPOINTS,
) -> datetime | None:
    """The service's time at which the last of the needed grants was there; None where Azure tells none.

    An access policy has no time of its own: it is at least as old as the last change of the vault, which Key Vault does
    not always tell, or as this run's own adding of it. One of unknown age was there before this run.
    """
    policy = vault.changed_at or policy_since
    times = [_oldest(grants, also), _oldest(grants, USES_KEYS) if vault.rbac else policy]
    return max((time for time in times if time), default=None)


def _oldest(grants: Collection[Grant], roles: Collection[str]) -> datetime | None:
    return min((grant.created for grant in grants if grant.role in roles and grant.created), default=None)


def _grants(run: Run, vault: ResourceId, principal: str) -> tuple[Grant, ...]:
    try:
        return run.looking.roles.of(vault, principal)
    except Missing:  # the vault is still to be made
        return ()
