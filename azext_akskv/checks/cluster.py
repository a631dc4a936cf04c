"""Checks of the cluster: there, running, settled, and on the KMS that this command knows how to change."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CLUSTER, NotApplicable, check
from azext_akskv.checks.subjects import CHANGES_KMS, LOOKS, in_cluster, only_for, the_cluster
from azext_akskv.model.addon import addon_of, has_setting
from azext_akskv.model.choice import ENCRYPT, ENDED_BADLY, changing_for_us, place_to_make
from azext_akskv.model.cluster import FIRST_RENEWED_MINOR, Experience, minor_of
from azext_akskv.model.duration import expected
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.provision import ENABLE, GENERATE, GRANT, PROVISIONING
from azext_akskv.model.provision_intents import setting_of
from azext_akskv.model.repairs import FIX
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot

CHANGES_NO_KEY = ("reencrypt", FIX, *PROVISIONING)
NOT_ABOUT_KMS = (FIX, *PROVISIONING)


@check("cluster-missing", CLUSTER, State.ERROR, "the cluster is there")
def cluster_missing(snapshot: Snapshot) -> Iterator[Problem]:
    target = snapshot.target
    if snapshot.cluster.get() is not None:
        return
    listing = shell("az", "aks", "list", "--subscription", target.subscription, "--output", "table")
    if not snapshot.wanted.prepare_only:
        yield Problem(
            f"there is no cluster {target.name} in the resource group {target.group}",
            "its name, its resource group or the subscription is another one",
            listing,
        )
    elif snapshot.wanted.create and place_to_make(snapshot) is None:
        yield Problem(
            f"there is no cluster {target.name} yet, and neither the vault nor the identity is there",
            "a new vault or identity is made in the region and tenant of what is already there",
            shell("az", "identity", "create", "--resource-group", target.group, "--name", f"{target.name}-kms"),
        )


_STOPPED = {
    FIX: "there is no node from which anything could be looked at or proved; --skip-probe repairs without that",
    ENABLE: "AKS changes no add-on of a cluster that is stopped",
    GRANT: "rights can be given all the same; nothing mounts before it is started",
    GENERATE: "nothing can be made in it, and nothing mounts, before it is started",
}
_STOPPED_KMS = "KMS cannot be changed and secrets cannot be rewritten without an API server; starting it needs its key"


@check("cluster-stopped", CLUSTER, State.ERROR, "the cluster is running")
def cluster_stopped(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    if not cluster.running:
        yield Problem(
            f"{cluster.id.name} is {cluster.power_state.lower()}",
            _STOPPED.get(snapshot.wanted.flow, _STOPPED_KMS),
            in_cluster(snapshot, "aks", "start"),
            State.WARNING if snapshot.wanted.flow in (*LOOKS, GRANT) or snapshot.wanted.skip_probe else None,
        )


@check("cluster-not-settled", CLUSTER, State.ERROR, "no operation is running on the cluster")
def cluster_not_settled(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    if cluster.settled or cluster.provisioning_state in ENDED_BADLY:
        return
    setting = setting_of(snapshot.wanted)
    if snapshot.wanted.flow == ENABLE and has_setting(addon_of(cluster), setting):
        yield Problem(
            f"{cluster.id.name} is {cluster.provisioning_state}, and its profile has the add-on as it is wanted",
            "the command waits until that has ended and goes on from there",
            state=State.WARNING,
        )
        return
    if changing_for_us(snapshot):
        yield Problem(
            f"{cluster.id.name} is {cluster.provisioning_state}: an interrupted run of this command began it",
            "the command waits until that has ended and goes on from there",
            state=State.WARNING,
        )
        return
    yield Problem(
        f"{cluster.id.name} is {cluster.provisioning_state}: another operation is running on it",
        "AKS does one operation at a time and refuses a second one; run this again when the other has ended",
        in_cluster(snapshot, "aks", "wait", "--updated"),
        State.WARNING if snapshot.wanted.flow in (*LOOKS, FIX, GRANT, GENERATE) else None,
    )


@check("cluster-failed", CLUSTER, State.ERROR, "the last operation on the cluster succeeded", may_accept=True)
def cluster_failed(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    if cluster.provisioning_state in ENDED_BADLY:
        yield Problem(
            f"the last operation on {cluster.id.name} ended {cluster.provisioning_state}",
            "what it wanted may be done by half; an update without changes sends the cluster's settings again, which "
            "repairs it in most cases or tells the cause",
            in_cluster(snapshot, "aks", "update"),
        )


@check("maintenance-near", CLUSTER, State.WARNING, "AKS begins nothing by itself while the change runs")
def maintenance_near(snapshot: Snapshot) -> Iterator[Problem]:
    """AKS does one operation at a time: one that it begins itself makes ours wait or fail with 409."""
    only_for(snapshot, *CHANGES_KMS)
    cluster, needed = the_cluster(snapshot), expected(snapshot)
    maintenance = snapshot.maintenance.get()
    near = [
        each for each in maintenance.near if each.begin < snapshot.taken_at + needed and each.end > snapshot.taken_at
    ]
    for window in near[:1]:
        yield Problem(
            f"the maintenance window {window.what} of {cluster.id.name} is open from {window.begin:%Y-%m-%d %H:%M} to "
            f"{window.end:%H:%M} UTC, and the change takes about {needed.total_seconds() / 60:.0f} min",
            "what AKS begins in that time runs first, and a change of KMS then has to wait for it; after the window "
            "there is more quiet",
            _maintenance(snapshot, "show", "--name", window.what),
        )
    if not near and cluster.auto_upgrades and not maintenance.upgrades_scheduled:
        yield Problem(
            f"{cluster.id.name} upgrades itself (channel {cluster.auto_upgrades}) and no maintenance window says when",
            "an upgrade may begin while the change runs, which then has to wait for it",
            _maintenance(snapshot, "list", "--output", "table"),
        )


def _maintenance(snapshot: Snapshot, verb: str, *words: str) -> str:
    target = snapshot.target
    place = ("--resource-group", target.group, "--cluster-name", target.name, "--subscription", target.subscription)
    return shell("az", "aks", "maintenanceconfiguration", verb, *place, *words)


def _is_about_kms(snapshot: Snapshot) -> None:
    if snapshot.wanted.flow in NOT_ABOUT_KMS:
        raise NotApplicable("this command does not depend on KMS")


@check("cluster-version", CLUSTER, State.WARNING, "the Kubernetes version has KMS v2")
def cluster_version(snapshot: Snapshot) -> Iterator[Problem]:
    _is_about_kms(snapshot)
    cluster = the_cluster(snapshot)
    told = f"Kubernetes {cluster.kubernetes_version} has KMS v1; KMS v2 begins with 1.27"
    why = "KMS v1 asks Key Vault for every secret, holds 2,000 of them at most, and blocks the upgrade to 1.27 while it"
    if snapshot.wanted.flow == "migrate-v2":
        raise NotApplicable("this command takes the cluster there")
    if cluster.experience is Experience.LEGACY_V1:
        yield Problem(told, f"{why} is on", in_cluster(snapshot, "aks", "kv", "kms", "migrate-v2"))
    elif cluster.kms_v1 and snapshot.wanted.flow == "enable":
        upgrades = in_cluster(snapshot, "aks", "get-upgrades", "--output", "table")
        yield Problem(told, f"{why} is on: upgrade first, then turn KMS on", upgrades)


@check("legacy-kms", CLUSTER, State.WARNING, "the cluster is on the KMS that its Kubernetes version is meant for")
def legacy_kms(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, "show", "list")
    cluster = the_cluster(snapshot)
    if cluster.experience.legacy and minor_of(cluster.kubernetes_version) >= FIRST_RENEWED_MINOR:
        yield Problem(
            f"{cluster.id.name} is on legacy KMS with Kubernetes {cluster.kubernetes_version}",
            "from 1.33 on AKS has the new KMS data encryption, which follows the key's versions and rewrites secrets "
            "by itself. There is no way back from it, so nothing urges: legacy KMS goes on working",
        )


@check("not-legacy", CLUSTER, State.ERROR, "the cluster is not on the new KMS data encryption")
def not_legacy(snapshot: Snapshot) -> Iterator[Problem]:
    _is_about_kms(snapshot)
    cluster = the_cluster(snapshot)
    if not cluster.knows_renewed:
        yield Problem(
            "this cloud's API does not tell whether the new KMS data encryption is on",
            "what is said here about KMS is the legacy profile's word alone",
            state=State.WARNING,
        )
    if not cluster.experience.renewed:
        return
    only_for(snapshot, *(flow for flow in CHANGES_KMS if flow not in ("rotate", ENCRYPT)), "reencrypt")
    yield Problem(
        f"{cluster.id.name} uses the new KMS data encryption ({cluster.experience.value})",
        "there is no way back from it to legacy KMS or to none, and the platform rewrites its secrets by itself: "
        "this command has nothing to do here",
        in_cluster(snapshot, "aks", "kv", "kms", "show"),
    )


@check("unfinished-run", CLUSTER, State.ERROR, "no other run was left unfinished on this machine", may_accept=True)
def unfinished_run(snapshot: Snapshot) -> Iterator[Problem]:
    """What changes no key is right at any time, and unfinished it stands in nobody's way."""
    if snapshot.wanted.flow in CHANGES_NO_KEY:
        raise NotApplicable("this command changes no key, and is right after any of them")
    for run in snapshot.unfinished:
        if run.flow not in (snapshot.wanted.flow, *CHANGES_NO_KEY):
            yield Problem(
                f"the run {run.run} of {run.flow} was not finished",
                "a second change on top of half a first one can leave secrets under a key that nobody expects: run the "
                "first command again until it is done, or give it up",
                in_cluster(snapshot, "aks", "kv", "operation", "abandon", "--run", run.run),
                State.WARNING if snapshot.wanted.flow in LOOKS else None,
            )
