"""Checks of a rotation: that there is a key in use, that the other one is later, and that nothing is owed before it."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CLUSTER, KEY, SECRETS, NotApplicable, check
from azext_akskv.checks.subjects import in_cluster, only_for, the_cluster, the_key, the_vault
from azext_akskv.model.choice import OFF_AND_ON, repairs_of, rewrite_owed, same_key, turned_off_by
from azext_akskv.model.cluster import Experience
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ledger import ledger_of
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot


@check("kms-off", CLUSTER, State.ERROR, "KMS is on")
def kms_off(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, "rotate", *OFF_AND_ON)
    cluster = the_cluster(snapshot)
    flow = snapshot.wanted.flow
    if cluster.kms.enabled or cluster.experience.renewed or (flow in OFF_AND_ON and turned_off_by(cluster, flow)):
        return
    was = "was never turned on" if cluster.experience is Experience.NEVER else "is off"
    yield Problem(
        f"KMS {was} on {cluster.id.name}: there is no key in use",
        "a rotation puts another key in the place of the one in use, and a migration takes the one in use along",
        in_cluster(snapshot, "aks", "kv", "kms", "enable", "--vault", "NAME", "--key", "NAME"),
    )


@check("key-same", KEY, State.WARNING, "the key that was asked for is not in use yet")
def key_same(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, "rotate")
    cluster, key = the_cluster(snapshot), the_key(snapshot)
    if cluster.kms.enabled and same_key(cluster.kms.key, key.id):
        yield Problem(
            f"{cluster.id.name} uses {key.id} already",
            "nothing is rotated; without --key a newer version is taken, or made",
            in_cluster(snapshot, "aks", "kv", "rotate"),
        )


@check("key-older", KEY, State.ERROR, "the key to put in is not older than the one in use", may_accept=True)
def key_older(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, "rotate")
    key, used = the_key(snapshot), snapshot.key_in_use.get()
    if used is None or not used.id.is_version_of(key.id) or same_key(used.id, key.id):
        raise NotApplicable("the key in use is not another version of the same key")
    if used.created and key.created and key.created < used.created:
        yield Problem(
            f"the version {key.id.version} is older than the one in use: made on {key.created:%Y-%m-%d %H:%M}, and "
            f"{used.id.version} on {used.created:%Y-%m-%d %H:%M} UTC",
            "a rotation leaves an older version behind so that it can be retired one day; going back to it does the "
            "contrary, and is mostly a mistake in a script or a template",
            in_cluster(snapshot, "aks", "kv", "rotate"),
        )


@check("rewrite-unknown", SECRETS, State.ERROR, "it is known that nothing is owed before a rotation", may_accept=True)
def rewrite_unknown(snapshot: Snapshot) -> Iterator[Problem]:
    """The API servers hold two keys. Secrets left under a third one cannot be read. [kubernetes-kms#291]"""
    only_for(snapshot, "rotate")
    cluster = the_cluster(snapshot)
    if repairs_of(snapshot):
        raise NotApplicable("the key in use is repaired first, and then everything is looked at again")
    if not snapshot.switch.known:
        raise NotApplicable("the note of the key change could not be read, as another check says")
    if cluster.kms.enabled and rewrite_owed(snapshot) is None:
        yield Problem(
            f"nothing tells whether every secret of {cluster.id.name} is stored under the key in use",
            "the API servers hold two keys, so a second rotation before every secret was rewritten makes secrets "
            "unreadable. With KMS v2 `reencrypt` proves it by the API servers' metrics, when you may read /metrics; "
            "where it cannot, and you know that all were rewritten after the last change, accept this",
            in_cluster(snapshot, "aks", "kv", "reencrypt"),
        )


@check("key-ledger", KEY, State.WARNING, "the cluster's tags tell which keys it used")
def key_ledger(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    if cluster.experience is Experience.NEVER or cluster.experience.renewed:
        raise NotApplicable("legacy KMS was never turned on, or is no more")
    ledger = ledger_of(cluster)
    if ledger.gap:
        yield Problem(
            f"which keys {cluster.id.name} used before is not known: {ledger.gap}",
            "so nothing can say which older key may be disabled: keep all of them. What comes from now on is noted",
            in_cluster(snapshot, "aks", "kv", "reencrypt"),
        )
    elif rewrite_owed(snapshot) is False and ledger.present and not ledger.present.rewritten:
        yield Problem(
            f"the tags of {cluster.id.name} do not tell yet that every secret was rewritten",
            "the note behind the API server does; who reads the tags alone takes the rewrite for owed",
            in_cluster(snapshot, "aks", "kv", "reencrypt", "--prove-only"),
        )


@check("key-repair-closed", KEY, State.ERROR, "the vault lets the key in use be repaired")
def key_repair_closed(snapshot: Snapshot) -> Iterator[Problem]:
    """ARM recovers no key, enables no version and extends none: only the vault itself does. [ASO#3188]"""
    only_for(snapshot, "rotate")
    repairs = repairs_of(snapshot)
    if not repairs:
        raise NotApplicable("the key in use needs no repair")
    closed = snapshot.vault_closed.get()
    if closed:
        vault, key = the_vault(snapshot), the_cluster(snapshot).kms.key
        yield Problem(
            f"the key in use must be repaired ({', '.join(repairs)}), and {vault.id.name} does not let you: {closed}",
            "only the vault itself can do that, and Azure Resource Manager cannot: run this from a network and as "
            "somebody that the vault lets in",
            shell("az", "keyvault", "key", "show", "--id", str(key)),
        )
