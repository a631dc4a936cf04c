"""Checks of the nodes where pods shall read: whether they have the identity, can get it, and what is read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from azext_akskv.checks.declare import PROVISION, NotApplicable, check
from azext_akskv.checks.provider_rotation import MOST_READS, most_in_window, readers
from azext_akskv.checks.provider_subjects import listed, the_view
from azext_akskv.checks.provision_subjects import (
    COMMANDS,
    gives_to_nodes,
    on_nodes,
    place_of,
    the_provision,
    the_reader,
)
from azext_akskv.checks.subjects import in_cluster, only_for, the_cluster
from azext_akskv.model.addon import seconds_of
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.mounts.installed import Layout, layout_of
from azext_akskv.model.pools import all_windows, locked_down, without_scale_set
from azext_akskv.model.provision import ENABLE, lacking_identity
from azext_akskv.model.scale_set import ScaleSet
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot


@check("nodes-lack-identity", PROVISION, State.ERROR, "the nodes of every scale set have the identity")
def nodes_lack_identity(snapshot: Snapshot) -> Iterator[Problem]:
    found = on_nodes(snapshot)
    identity = the_reader(found)
    lacking = lacking_identity(found)
    if not found.scale_sets.get():
        raise NotApplicable("there is no scale set")
    if lacking:
        yield Problem(
            f"the nodes of {_pools(lacking)} do not have the identity {identity.id.name}",
            "they give the provider no token for it: Identity not found, cause 3 of both documents",
            in_cluster(snapshot, *COMMANDS, "enable")
            if snapshot.wanted.identity is None
            else " && ".join(
                shell(
                    *("az", "vmss", "identity", "assign", *place_of(each.id), "--name", each.id.name),
                    *("--identities", identity.id),
                )
                for each in lacking
            ),
            None if gives_to_nodes(snapshot) else State.WARNING,
        )


def _pools(scale_sets: Sequence[ScaleSet]) -> str:
    names = sorted({each.pool or each.id.name for each in scale_sets})
    return f"the pool{'s' * (len(names) > 1)} {', '.join(names)}"


@check("nodes-single-machines", PROVISION, State.ERROR, "all nodes are in scale sets", may_accept=True)
def nodes_single_machines(snapshot: Snapshot) -> Iterator[Problem]:
    """[AKS docs] Each machine of such a pool has identities of its own."""
    found, cluster = on_nodes(snapshot), the_cluster(snapshot)
    alone = without_scale_set(cluster)
    if not alone:
        return
    own = snapshot.wanted.identity is None
    yield Problem(
        f"the pool{'s' * (len(alone) > 1)} {', '.join(alone)} {'have' if len(alone) > 1 else 'has'} machines outside "
        "of scale sets, whose identities are neither looked at nor changed here",
        "AKS gives the add-on's identity to each of them; whether it did shows when a pod there mounts"
        if own
        else "pods there mount only where each machine is given the identity by hand, or with workload identity "
        "(--service-account), which needs nothing on the nodes",
        shell(
            *("az", "vm", "list", "--subscription", cluster.id.subscription),
            *("--resource-group", cluster.node_resource_group, "--query", "[].{name:name,identity:identity}"),
        ),
        State.WARNING if own or found.scale_sets.value else None,
    )


@check("nodes-all-windows", PROVISION, State.WARNING, "there are Linux nodes")
def nodes_all_windows(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    the_provision(snapshot)
    if all_windows(cluster):
        yield Problem(
            f"all pools of {cluster.id.name} are Windows",
            "driver and provider run there, too; pods that mount need an image for Windows, and the files' permissions "
            "of a SecretProviderClass mean nothing there",
            in_cluster(snapshot, "aks", "show", "--query", "agentPoolProfiles[].{name:name,os:osType}"),
        )


@check("nodes-locked", PROVISION, State.ERROR, "the node resource group takes changes", may_accept=True)
def nodes_locked(snapshot: Snapshot) -> Iterator[Problem]:
    """[AKS docs, node-resource-group-lockdown] A deny assignment stands above all roles."""
    found, cluster = on_nodes(snapshot), the_cluster(snapshot)
    if not gives_to_nodes(snapshot) or not locked_down(cluster):
        return
    the_reader(found)
    if lacking := lacking_identity(found):
        yield Problem(
            f"nobody may change {_pools(lacking)} in {cluster.node_resource_group}: the node resource group is locked "
            "down (ReadOnly)",
            "a deny assignment of AKS keeps everybody out (403 DenyAssignmentAuthorizationFailed). Workload identity "
            "(--service-account) needs nothing there; or take the lockdown away",
            in_cluster(snapshot, "aks", "update", "--nrg-lockdown-restriction-level", "Unrestricted"),
        )


@check("provider-by-chart", PROVISION, State.WARNING, "no other installation of the secrets provider is there")
def provider_by_chart(snapshot: Snapshot) -> Iterator[Problem]:
    """An installation that could not be looked at stops nothing."""
    only_for(snapshot, ENABLE)
    if the_provision(snapshot).addon.enabled:
        raise NotApplicable("the add-on is on already")
    if not the_cluster(snapshot).running:
        raise NotApplicable("the cluster is not running, as another check says")
    pods = the_view(snapshot).seen.installed.pods.get()
    others = [each for each in pods if layout_of(each, pods) is not Layout.ADD_ON]
    if others:
        first = others[0]
        yield Problem(
            f"driver and provider are installed already, as {layout_of(first, pods).value}: "
            f"{listed(f'{each.namespace}/{each.name}' for each in others)}",
            "two installations take the same name at the kubelet from each other, and mounts fail by chance. Take the "
            "other one away first: its pods go on with what they have mounted, and nothing mounts until the add-on is "
            "on",
            shell("helm", "list", "--namespace", first.namespace),
            State.ERROR,
        )


@check("rotation-too-often", PROVISION, State.WARNING, "the vaults take so many reads")
def rotation_too_often(snapshot: Snapshot) -> Iterator[Problem]:
    """Of the interval that shall be set, as `rotation-throttling` of the one that is."""
    interval = snapshot.wanted.rotation_interval
    if not interval:
        raise NotApplicable("no interval was given")
    the_provision(snapshot)
    seconds = seconds_of(interval) or 1.0
    for vault, found in readers(the_view(snapshot)).items():
        most = most_in_window(found.reads, seconds)
        if most > MOST_READS:
            yield Problem(
                f"every {interval}, {vault} would be read {found.reads:,} times for {len(found.pods):,} pods",
                f"that can come to {most:,} in 10 seconds, and a vault takes {MOST_READS:,}, and answers more with "
                "429: then mounts of new pods fail, too",
                in_cluster(snapshot, *COMMANDS, "enable", "--rotation-interval", "30m"),
            )
