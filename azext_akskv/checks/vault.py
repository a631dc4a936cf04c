"""Checks of the vault as the key's home."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import KEY, check
from azext_akskv.checks.subjects import at_vault, the_cluster, the_vault, unless_unused
from azext_akskv.model.choice import vault_to_use
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import KeyId
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot


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


@check("vault-audit-off", KEY, State.WARNING, "the vault keeps an audit log of what is done with its keys")
def vault_audit_off(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    vault = the_vault(snapshot)
    if snapshot.audited.get():
        return
    logs = '[{"categoryGroup": "audit", "enabled": true}]'
    yield Problem(
        f"no diagnostic setting of {vault.id.name} keeps its audit log",
        "AKS names the present key alone; which key versions the API servers really use shows only in the vault's "
        "log of encrypt and decrypt, and that is what tells when an old version may go",
        shell(
            "az", "monitor", "diagnostic-settings", "create", "--name", "audit", "--resource", vault.id,
            "--logs", logs, "--workspace", "WORKSPACE_ID",
        ),
    )  # fmt: skip
