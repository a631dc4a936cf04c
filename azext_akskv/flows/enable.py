"""KMS etcd encryption on, for a public or a private vault."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CATEGORIES
from azext_akskv.engine.step import Plan, Run, Step, given
from azext_akskv.flows.drive import Flow
from azext_akskv.flows.turning_on import granting, kms_wanted, must_wait, the_cluster, under_present_key
from azext_akskv.model.choice import Place, identity_to_use, key_name_to_use, place_to_make, vault_to_use
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import KeyId
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.tags import identity_since
from azext_akskv.model.vault import Openness
from azext_akskv.steps.access import wait_for_grants
from azext_akskv.steps.cluster_kms import KmsWanted, turn_on_kms
from azext_akskv.steps.create import KEY as NEW_KEY
from azext_akskv.steps.create import create_identity, create_key, create_vault
from azext_akskv.steps.identity import switch_identity, wait_for_identity
from azext_akskv.steps.ledger import after_change
from azext_akskv.steps.rewrite import note_switch, order_of

CURES = frozenset({"grant-missing", "cluster-failed", "rewrite-owed"})


def plan(snapshot: Snapshot) -> Plan:
    """AKS docs "Use KMS etcd encryption", headings "Enable KMS on an existing cluster" for a public and for a private
    key vault, as read on 2026-08-21. Raises NotObserved.

    Grants come before a change of identity: a refused grant then leaves the cluster as it was.
    """
    wanted = kms_wanted(snapshot, NEW_KEY)
    preparing = (*making(snapshot), *granting(snapshot, wanted))
    if snapshot.wanted.prepare_only:
        return Plan("enable", preparing, keep=_prepared(snapshot, wanted), question=_question(snapshot))
    cluster = the_cluster(snapshot)
    waiting = (wait_for_grants(wanted.vault, wanted.principal),) if must_wait(snapshot, cluster, wanted) else ()
    return Plan(
        "enable",
        (
            *preparing,
            *identifying(snapshot, cluster),
            *waiting,
            *(() if cluster.kms.enabled else under_present_key(snapshot, cluster, wanted.key)),
            turn_on_kms(wanted),
            *_rewriting(snapshot, wanted),
        ),
        keep=_keep(snapshot, wanted),
        notes=tuple(_notes(snapshot, cluster)),
        question=_question(snapshot),
    )


def making(snapshot: Snapshot) -> Iterator[Step]:
    """What is missing, with --create only; the checks refuse the command without it."""
    vault, name, identity = vault_to_use(snapshot), key_name_to_use(snapshot), identity_to_use(snapshot)
    place = place_to_make(snapshot) or Place("", "")
    if vault and snapshot.vault.get() is None:
        yield create_vault(vault, place)
    if vault and name and snapshot.key.get() is None:
        yield create_key(vault, name)
    if identity and snapshot.identity.get() is None:
        yield create_identity(identity, place)


def identifying(snapshot: Snapshot, cluster: Cluster) -> Iterator[Step]:
    identity = identity_to_use(snapshot)
    if cluster.kms.enabled or identity is None:
        return
    if cluster.identity.id != identity:
        yield switch_identity(identity)
    if cluster.identity.id != identity or identity_since(cluster.tags):
        yield wait_for_identity(identity)


def _rewriting(snapshot: Snapshot, wanted: KmsWanted) -> tuple[Step, ...]:
    def key_wanted(run: Run) -> str:
        return str(given(run, wanted.key))

    if snapshot.wanted.skip_reencrypt:
        return (note_switch(key_wanted),)
    return after_change(order_of(snapshot), key_wanted)


def _keep(snapshot: Snapshot, wanted: KmsWanted) -> tuple[str, ...]:
    key = str(wanted.key) if isinstance(wanted.key, KeyId) else _new_key(snapshot, wanted)
    vault = snapshot.vault.value
    keep = [
        f"{key} must stay enabled, unexpired and undeleted for as long as KMS is on, and after that until "
        "`az aks kv kms disable` says what else is needed.",
        f"The vault {wanted.vault.name}, its network setting and the identity's grants on it must stay as they are: "
        "without them the API server cannot start.",
    ]
    if wanted.network_access == "Private" and (vault is None or vault.openness is Openness.PUBLIC):
        close = shell("az", "keyvault", "update", "--name", wanted.vault.name, "--public-network-access", "Disabled")
        keep.append(f"The vault is still open to public networks; close it now, after KMS is on: {close}")
    if snapshot.wanted.skip_reencrypt:
        again = shell("az", "aks", "kv", "reencrypt", "-g", snapshot.target.group, "-n", snapshot.target.name)
        keep.append(f"The rewrite is owed: secrets from before are stored as they were until {again}")
    return tuple(keep)


def _new_key(snapshot: Snapshot, wanted: KmsWanted) -> str:
    return f"The key {key_name_to_use(snapshot)} in {wanted.vault.name}"


def _notes(snapshot: Snapshot, cluster: Cluster) -> Iterator[str]:
    """What to know before saying yes; what lies behind an interrupted run is not told again."""
    if not cluster.kms.enabled:
        yield "Point of no return: turning KMS on. From then on the cluster needs the key, also after KMS is off again."
        yield "The API servers restart: expect some seconds to a minute without one. Pods go on running."
        yield "The update takes about 5 to 10 minutes."
        if cluster.identity.id != identity_to_use(snapshot):
            yield (
                "This run ends in `waiting` after the change of identity; the same command goes on when every "
                "component uses the new one, some 8 hours later."
            )
    if snapshot.wanted.skip_reencrypt:
        yield "Secrets are not rewritten (--skip-reencrypt): the rewrite stays owed."
    else:
        census = snapshot.secrets.value
        count = f"{census.count:,} secrets are" if census else "Every secret is"
        yield f"{count} rewritten one by one by the API server; their values do not leave it."


def _prepared(snapshot: Snapshot, wanted: KmsWanted) -> tuple[str, ...]:
    """The line that creates the cluster with KMS on from its first minute, when nothing has to be rewritten."""
    group, name = snapshot.target.group, snapshot.target.name
    words = ["az", "aks", "create", "--resource-group", group, "--name", name, "--generate-ssh-keys"]
    words += ["--assign-identity", str(identity_to_use(snapshot)), "--enable-azure-keyvault-kms"]
    words += ["--azure-keyvault-kms-key-vault-network-access", wanted.network_access]
    if wanted.network_access == "Private":
        words += ["--azure-keyvault-kms-key-vault-resource-id", str(wanted.vault)]
        words += ["--enable-apiserver-vnet-integration"]
    return (f"Then create the cluster: {shell(*words)} --azure-keyvault-kms-key-id {_key_word(snapshot, wanted)}",)


def _key_word(snapshot: Snapshot, wanted: KmsWanted) -> str:
    if isinstance(wanted.key, KeyId):
        return shell(wanted.key)
    name = key_name_to_use(snapshot)
    show = shell("az", "keyvault", "key", "show", "--vault-name", wanted.vault.name, "--name", name)
    return f'"$({show} --query key.kid -o tsv)"'


def _question(snapshot: Snapshot) -> str:
    vault = vault_to_use(snapshot)
    where = vault.name if vault else ""
    if snapshot.wanted.prepare_only:
        return f"Prepare {where} for the KMS of {snapshot.target.name}?"
    return f"Encrypt the secrets of {snapshot.target.name} with a key of {where}?"


ENABLE = Flow("enable", CATEGORIES, plan, CATEGORIES, CURES)
