"""Checks of the vault as the key's home, and of the key itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from azext_akskv.checks.declare import KEY, NotApplicable, check
from azext_akskv.checks.subjects import (
    at_vault,
    of_vault_key,
    only_for,
    put_key_in,
    the_cluster,
    the_key,
    the_vault,
    unless_unused,
)
from azext_akskv.model.choice import key_name_to_use, same_key, vault_to_use
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import KeyId
from azext_akskv.model.key import NEEDED_OPERATIONS, KeyVersion, why_unusable
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot

ROTATION_WINDOW = timedelta(days=30)
"""A key that ends sooner should be rotated or prolonged now."""


@check("vault-missing", KEY, State.ERROR, "the vault is there")
def vault_missing(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    if snapshot.vault.get() is not None or snapshot.vault_soft_deleted.value:
        return
    vault, target = vault_to_use(snapshot), snapshot.target
    if vault is None and snapshot.wanted.vault is None:
        name = _vault_name(snapshot)
        yield Problem(
            f"there is no vault {name} in the subscription of the cluster" if name else "no vault was named",
            "a vault in another subscription of the same tenant is named with --vault and its resource id",
            shell("az", "keyvault", "list", "--subscription", target.subscription, "--output", "table"),
        )
    elif vault and not snapshot.wanted.create:
        yield Problem(
            f"there is no vault {vault.name} in the subscription {vault.subscription}",
            "with --create it is made; a vault in another subscription is named with its resource id",
            shell("az", "keyvault", "list", "--subscription", vault.subscription, "--output", "table"),
        )


def _vault_name(snapshot: Snapshot) -> str:
    cluster, key = snapshot.cluster.value, snapshot.wanted.key
    used = cluster.kms.key if cluster else None
    return key.vault_name if isinstance(key, KeyId) else used.vault_name if used else ""


@check("vault-soft-deleted", KEY, State.ERROR, "no vault of that name is soft-deleted")
def vault_soft_deleted(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    if snapshot.vault.get() is not None:
        return
    vault = vault_to_use(snapshot)
    name = vault.name if vault else _vault_name(snapshot)
    subscription = vault.subscription if vault else snapshot.target.subscription
    if name and snapshot.vault_soft_deleted.get():
        yield Problem(
            f"the vault {name} is soft-deleted",
            "its name is taken, and its keys are in it still: recover it, with its keys, policies and firewall",
            shell("az", "keyvault", "recover", "--name", name, "--subscription", subscription),
        )


@check("vault-not-settled", KEY, State.ERROR, "the vault is settled", may_accept=True)
def vault_not_settled(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    vault = the_vault(snapshot)
    if vault.provisioning_state != "Succeeded":
        yield Problem(
            f"the vault {vault.id.name} is {vault.provisioning_state}",
            "its address may not be in DNS yet, and then KMS cannot reach it",
            at_vault(vault.id, "show", "--query", "properties.provisioningState"),
        )


@check("vault-other-tenant", KEY, State.ERROR, "vault and cluster are in the same tenant")
def vault_other_tenant(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    cluster, vault = the_cluster(snapshot), the_vault(snapshot)
    if cluster.tenant and vault.tenant and cluster.tenant.lower() != vault.tenant.lower():
        yield Problem(
            f"the vault {vault.id.name} is in the tenant {vault.tenant}, the cluster in {cluster.tenant}",
            "KMS cannot use a key of another tenant",
            shell("az", "keyvault", "list", "--subscription", snapshot.target.subscription, "--output", "table"),
        )


@check("purge-protection", KEY, State.WARNING, "vault and key can be recovered when they are deleted")
def purge_protection(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    vault = the_vault(snapshot)
    if not (vault.soft_delete and vault.purge_protection):
        yield Problem(
            f"the vault {vault.id.name} has no purge protection",
            "whoever may purge a deleted key makes the cluster's secrets unreadable for ever; once on, purge "
            "protection cannot be turned off",
            at_vault(vault.id, "update", "--enable-purge-protection", "true"),
        )


@check("key-missing", KEY, State.ERROR, "the key is there")
def key_missing(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    vault, name = the_vault(snapshot), key_name_to_use(snapshot)
    if snapshot.key.get() is not None or _of_another_vault(snapshot):
        return
    if name is None:
        keys = of_vault_key(vault.id.name, "list", "--output", "table")
        yield Problem("no key was named", "with --create the key named by --key is made", keys)
    elif snapshot.key_soft_deleted.value:
        yield Problem(
            f"the key {name} in {vault.id.name} is soft-deleted",
            "recovered, it is the same key with all its versions; a new one could not read what the old one encrypted",
            of_vault_key(vault.id.name, "recover", "--name", name),
        )
    elif not snapshot.wanted.create or isinstance(snapshot.wanted.key, KeyId):
        yield Problem(
            f"there is no key {snapshot.wanted.key or name} in {vault.id.name}",
            "with --create a key of that name is made; a version that is named must be there",
            of_vault_key(vault.id.name, "list-versions", "--name", name),
        )


@check("key-other-vault", KEY, State.ERROR, "the key is in the vault that was named")
def key_other_vault(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    if _of_another_vault(snapshot):
        key, vault = snapshot.wanted.key, the_vault(snapshot)
        yield Problem(
            f"the key {key} is not in the vault {vault.id.name}, whose address is {vault.host}",
            "a key identifier names its vault: leave --vault out, or name the vault that the key is in",
            of_vault_key(vault.id.name, "list", "--output", "table"),
        )


def _of_another_vault(snapshot: Snapshot) -> bool:
    key, vault = snapshot.wanted.key, snapshot.vault.value
    return isinstance(key, KeyId) and vault is not None and key.host != vault.host


@check("key-unusable", KEY, State.ERROR, "KMS can encrypt and decrypt with the key")
def key_unusable(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    for version in _keys(snapshot):
        for reason in why_unusable(version, snapshot.taken_at):
            yield Problem(
                f"the key {version.id} cannot be used: {reason}",
                "the API servers encrypt and decrypt every secret with it; one that only expired still decrypts, but "
                "nothing can be written",
                _repair(version, snapshot.taken_at),
            )


def _keys(snapshot: Snapshot) -> list[KeyVersion]:
    """The key to use and the key in use, once each."""
    wanted, used = snapshot.key.get(), snapshot.key_in_use.get()
    both = [version for version in (wanted, used) if version]
    return both[:1] if len(both) == 2 and same_key(both[0].id, both[1].id) else both


def _repair(version: KeyVersion, now: datetime) -> str:
    set_attributes = ("az", "keyvault", "key", "set-attributes", "--id", version.id)
    name, vault = version.id.name, version.id.vault_name
    if not version.kind.upper().startswith("RSA"):
        return of_vault_key(vault, "create", "--name", f"{name}-rsa", "--kty", "RSA")
    if not version.enabled:
        return shell(*set_attributes, "--enabled", "true")
    if version.expires and version.expires <= now:
        return shell(*set_attributes, "--expires", _in_a_year(now))
    if version.not_before and version.not_before > now:
        return shell(*set_attributes, "--not-before", f"{now:%Y-%m-%dT%H:%M:%SZ}")
    return shell(*set_attributes, "--ops", *sorted(version.operations | NEEDED_OPERATIONS))


def _in_a_year(now: datetime) -> str:
    return f"{now + timedelta(days=365):%Y-%m-%dT%H:%M:%SZ}"


@check("key-expiring", KEY, State.WARNING, "the key does not expire soon")
def key_expiring(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    for version in _keys(snapshot):
        if version.expires and timedelta(0) < version.expires - snapshot.taken_at < ROTATION_WINDOW:
            yield Problem(
                f"the key {version.id} expires on {version.expires:%Y-%m-%d}",
                "an expired key still decrypts but no longer encrypts: then no secret can be written. Extend it, "
                "then rotate",
                shell(
                    "az", "keyvault", "key", "set-attributes", "--id", version.id,
                    "--expires", _in_a_year(snapshot.taken_at),
                ),
            )  # fmt: skip


@check("key-not-newest", KEY, State.WARNING, "the cluster uses the newest version of its key")
def key_not_newest(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    if not cluster.kms.enabled:
        raise NotApplicable("KMS is off")
    used, newest = snapshot.key_in_use.get(), snapshot.newest.get()
    if used and newest and not same_key(used.id, newest.id):
        yield Problem(
            f"the key {used.id.name} has a newer version, {newest.id.version}",
            "legacy KMS stays on the version that it was given, whatever the vault's rotation policy makes; the old "
            "version must stay enabled until the rotation after the next one",
            put_key_in(snapshot, newest.id),
        )


@check("other-key-attached", KEY, State.ERROR, "KMS is not on with another key")
def other_key_attached(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, "enable")
    cluster, key = the_cluster(snapshot), the_key(snapshot)
    if cluster.kms.enabled and not same_key(cluster.kms.key, key.id):
        yield Problem(
            f"KMS is on with another key: {cluster.kms.key}",
            "putting in another key is a rotation: both keys must stay enabled, and every secret must be rewritten "
            "after it, before any further change",
            put_key_in(snapshot, key.id),
        )
