"""Another key in the place of the one in use, every secret rewritten under it, and which older ones may go now."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CATEGORIES
from azext_akskv.engine.step import Plan, Run, Step, given
from azext_akskv.flows.drive import Flow
from azext_akskv.flows.turning_on import granting, kms_wanted, must_wait, the_cluster, under_present_key
from azext_akskv.model.choice import ENABLE, EXTEND, RECOVER, repairs_of, rewrite_owed, same_key, vault_to_use
from azext_akskv.model.cluster import Cluster, Experience
from azext_akskv.model.ids import KeyId
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.retirement import previous_keys
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.tags import RUN_TAG, changed_by
from azext_akskv.steps.access import wait_for_grants
from azext_akskv.steps.adoption import ADOPTION, await_adoption
from azext_akskv.steps.cluster_kms import KmsWanted, put_key_in
from azext_akskv.steps.create import KEY as NEW_KEY
from azext_akskv.steps.create import create_key, create_version
from azext_akskv.steps.key_repair import await_api_server, enable_key, extend_key, recover_key
from azext_akskv.steps.ledger import after_change
from azext_akskv.steps.rewrite import order_of

CURES = frozenset({"grant-missing", "cluster-failed", "rewrite-owed", "key-went-back"})
"""A rewrite that is owed is finished, and nothing more. Where the cluster went back to an older key nothing is noted of
that one, so the rewrite under it comes first, as another check wants."""


def plan(snapshot: Snapshot) -> Plan:
    """AKS docs "Use KMS etcd encryption", heading "Rotate existing keys", as read on 2026-08-21. Raises NotObserved.

    The API servers hold two keys. A second rotation before every secret was rewritten after the first one would leave
    secrets under a third: AKS hangs in `Updating` then. [kubernetes-kms#291]
    """
    cluster = the_cluster(snapshot)
    if cluster.experience is Experience.PLATFORM_MANAGED:
        return Plan("rotate", (), nothing_left="AKS keeps the key and rotates it by itself: there is nothing to do.")
    if cluster.kms.key is None:
        raise NotObserved("the cluster does not tell which key is in use")
    if repairs_of(snapshot):
        return _repair(snapshot, cluster.kms.key)
    if cluster.experience is Experience.CUSTOMER_MANAGED:
        return _newer_version(snapshot, cluster.kms.key)
    if rewrite_owed(snapshot) or _is_all_but_ended(snapshot, cluster):
        return _what_is_owed(snapshot, cluster, cluster.kms.key)
    wanted = kms_wanted(snapshot, NEW_KEY)
    waiting = (wait_for_grants(wanted.vault, wanted.principal),) if must_wait(snapshot, cluster, wanted) else ()
    steps = (
        *_making(snapshot, wanted),
        *granting(snapshot, wanted),
        *waiting,
        *under_present_key(snapshot, cluster, wanted.key),
        *_changing(snapshot, wanted),
    )
    return Plan(
        "rotate",
        steps,
        keep=tuple(_keep(snapshot, cluster, wanted)),
        notes=tuple(_notes(snapshot, wanted)),
        question=f"Put another key in the place of {_words(cluster.kms.key)} on {cluster.id.name}?",
    )


def _newer_version(snapshot: Snapshot, key: KeyId) -> Plan:
    """AKS docs "KMS data encryption": the platform looks for a newer version every 6 hours, goes over to it, and
    rewrites every secret by itself."""
    vault, used = snapshot.vault.get(), snapshot.key_in_use.get()
    if vault is None or used is None:
        raise NotObserved("the key in use could not be found in its vault")
    made = changed_by(used.tags, "rotate") and used.created and snapshot.taken_at - used.created < 4 * ADOPTION
    closed = "" if made else snapshot.vault_closed.get()
    if closed:
        raise NotObserved(
            f"only the vault itself makes a version of a key, and {vault.id.name} does not let you: {closed}. Run this "
            "from a network and as somebody that the vault lets in"
        )
    making = () if made else (create_version(vault.id, used),)
    return Plan(
        "rotate",
        (*making, await_adoption(used.id if made else NEW_KEY, vault.id)),
        keep=(f"The versions of {key} from before must stay enabled for a day at the least after AKS has gone over.",),
        notes=(
            "AKS looks for a newer version of the key every 6 hours, goes over to it and rewrites every secret.",
            "This run ends in `waiting` until then; run it again to see whether AKS has gone over.",
        ),
        question="" if made else f"Make a newer version of {key.name} in {vault.id.name}?",
    )


def _making(snapshot: Snapshot, wanted: KmsWanted) -> Iterator[Step]:
    """Nothing where a key was named, or a newer version is there already."""
    used = snapshot.key_in_use.get()
    if snapshot.key.get() is not None:
        return
    if used is None:
        raise NotObserved("the key in use could not be found in its vault")
    if snapshot.vault_closed.get():
        yield create_key(wanted.vault, snapshot.free_name.get(), used)
    else:
        yield create_version(wanted.vault, used)


def _changing(snapshot: Snapshot, wanted: KmsWanted) -> tuple[Step, ...]:
    def key_wanted(run: Run) -> str:
        return str(given(run, wanted.key))

    return put_key_in(wanted), *after_change(order_of(snapshot), key_wanted)


def _repair(snapshot: Snapshot, key: KeyId) -> Plan:
    """AKS docs "KMS observability", `KeyExpired`: extend the date, then rotate. What follows is planned by another
    look, when the API server can be asked again."""
    vault = snapshot.vault.get()
    if vault is None:
        raise NotObserved("the vault of the key in use could not be found")
    steps = {RECOVER: recover_key, ENABLE: enable_key, EXTEND: extend_key}
    return Plan(
        "rotate",
        (*(steps[each](vault.id, key) for each in repairs_of(snapshot)), await_api_server()),
        notes=(
            f"The key in use, {_words(key)}, cannot be used now: it is repaired first, and the API server awaited.",
            "Then everything is looked at once more, and the rotation planned.",
        ),
        question=f"Repair the key {_words(key)}?",
        goes_on=True,
    )


def _what_is_owed(snapshot: Snapshot, cluster: Cluster, key: KeyId) -> Plan:
    """The rewrite after the last change. When that was a rotation, this completes it; after any other change the
    rotation itself is for the next run, with a look of its own before it."""
    vault, identity = vault_to_use(snapshot), snapshot.identity.get()
    if vault is None or identity is None:
        raise NotObserved("the vault or the identity of the key in use could not be found")
    mode = cluster.kms.network_access or "Public"
    wanted = KmsWanted(key, mode, cluster.kms.vault or vault, identity.principal_id)
    completes = changed_by(cluster.tags, "rotate") and _is_what_was_asked_for(snapshot, key)
    notes = [f"The rewrite after the last change, to {_words(key)}, is finished before anything else."]
    notes += [] if completes else ["Nothing is rotated in this run."]
    return Plan(
        "rotate",
        _changing(snapshot, wanted),
        keep=tuple(_keep(snapshot, cluster, wanted)),
        notes=(*notes, _rewriting(snapshot)),
        question=f"Finish the rewrite of {cluster.id.name} under {_words(key)}?",
        then="" if completes else "The rewrite that was owed is finished. Nothing was rotated yet",
    )


def _is_all_but_ended(snapshot: Snapshot, cluster: Cluster) -> bool:
    """A run from this machine put the present key in, and was stopped after all was proved: it is not begun again."""
    put_in_by = cluster.tags.get(RUN_TAG)
    return any(run.flow == "rotate" and run.run == put_in_by for run in snapshot.unfinished)


def _is_what_was_asked_for(snapshot: Snapshot, key: KeyId) -> bool:
    asked = snapshot.key.value
    return snapshot.wanted.key is None or (asked is not None and same_key(asked.id, key))


def _words(key: KeyId) -> str:
    return f"{key.name} {(key.version or '')[:8]} of {key.vault_name}"


def _keep(snapshot: Snapshot, cluster: Cluster, wanted: KmsWanted) -> Iterator[str]:
    new = str(wanted.key) if isinstance(wanted.key, KeyId) else f"The new key in {wanted.vault.name}"
    yield f"{new} must stay enabled, unexpired and undeleted, its vault reachable, and the identity's grants there."
    if isinstance(wanted.key, KeyId) and same_key(wanted.key, cluster.kms.key):
        return
    yield (
        f"{cluster.kms.key} must stay so, too, until the next rotation and its rewrite are done: the API servers keep "
        "it as their previous key."
    )


def _notes(snapshot: Snapshot, wanted: KmsWanted) -> Iterator[str]:
    """What to know before saying yes; what lies behind an interrupted run is not told again."""
    closed = snapshot.vault_closed.value
    if closed and snapshot.free_name.value:
        yield (
            f"The vault {wanted.vault.name} itself does not let you in: {closed}. And only it makes further versions "
            f"of a key. So a key of another name is made through Azure Resource Manager: {snapshot.free_name.value}."
        )
    declared = the_cluster(snapshot).kms.network_access or "Public"
    if wanted.network_access != declared:
        yield f"The mode changes with the vault: {declared} before, {wanted.network_access} from now on."
    yield "Point of no return: putting the key in. From then on the cluster needs both keys until the next rotation."
    yield "The API servers restart: expect some seconds to a minute without one. Pods go on running."
    yield "The update takes about 5 to 10 minutes."
    yield _rewriting(snapshot)


def _rewriting(snapshot: Snapshot) -> str:
    census = snapshot.secrets.value
    count = f"{census.count:,} secrets are" if census else "Every secret is"
    return f"{count} rewritten one by one by the API server; their values do not leave it."


def advice(snapshot: Snapshot) -> tuple[str, ...]:
    """Which older keys may go now, by a look after the run. We delete none."""
    cluster = snapshot.cluster.value
    if cluster is None or not cluster.kms.enabled:
        return ()
    proved = rewrite_owed(snapshot) is False
    keys = [each for each in previous_keys(cluster, snapshot.neighbours, proved) if each.may_retire]
    return tuple(
        f"{each.id} is not needed any more ({each.why}). Disable it first, wait some days, and delete it only then: "
        + shell("az", "keyvault", "key", "set-attributes", "--id", each.id, "--enabled", "false")
        for each in keys
    )


ROTATE = Flow("rotate", CATEGORIES, plan, CATEGORIES, CURES, advice)
