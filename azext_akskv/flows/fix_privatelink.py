"""From ForbiddenByConnection to a mounted secret: what is missing between nodes and private endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from azext_akskv.checks.declare import CLUSTER, GOVERNANCE, PRIVATE_LINK
from azext_akskv.engine.step import Plan, Step
from azext_akskv.flows.drive import Flow
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.private_way import address_of, endpoint_to_use, topology_of
from azext_akskv.model.probe import ProbeOrder
from azext_akskv.model.repair import (
    Approval,
    KeptRecord,
    NewLink,
    NewZone,
    OwnRecord,
    Picture,
    Repair,
    Side,
    written,
)
from azext_akskv.model.repairs import FIX, lacking, repairs_of
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Openness
from azext_akskv.steps.peering import put_side
from azext_akskv.steps.private_link import approve, keep_record, link_zone, make_zone, put_record
from azext_akskv.steps.probe import Viewpoint, look_from_nodes, prove_from_nodes

CURES = frozenset({"zone-missing", "record-wrong", "link-missing", "peering-missing", "cluster-failed"})


def plan(snapshot: Snapshot) -> Plan:
    """AKS docs "Troubleshoot Azure Key Vault secrets provider add-on", cause 4, as read on 2026-08-21: the link of the
    zone first, then the peerings both ways, then nslookup and nc from a node.

    Raises NotObserved.
    """
    vault = snapshot.vault.get()
    if vault is None:
        raise NotObserved("the vault is not there")
    endpoint = endpoint_to_use(snapshot)
    if endpoint is None:
        open_to_all = vault.openness is Openness.PUBLIC
        nothing = f"{vault.id.name} is open to public networks and has no private endpoint: nothing is missing."
        return Plan(FIX, (), nothing_left=nothing if open_to_all else "", announced=False)
    repairs = repairs_of(snapshot)
    ours = [each for each in repairs if not lacking(snapshot, each)]
    theirs = [each for each in repairs if each not in ours]
    return Plan(
        FIX,
        (*_before(snapshot, repairs), *_steps(ours), *(() if theirs else _after(snapshot))),
        notes=_notes(snapshot, ours),
        question=f"Make these {len(ours)} changes?" if len(ours) > 1 else "Make this change?" if ours else "",
        picture=draw(snapshot),
        hand_over=tuple(_handed_over(snapshot, theirs)),
        announced=False,
        then=f"{len(theirs)} of {len(repairs)} changes are for somebody with more rights" if theirs else "",
        following="when they are made, run the same command again" if theirs else "",
    )


_MAKERS: dict[type[Repair], Callable[..., Step]] = {
    Approval: approve,
    NewZone: make_zone,
    KeptRecord: keep_record,
    OwnRecord: put_record,
    Side: put_side,
}


def _steps(repairs: list[Repair]) -> Iterator[Step]:
    """All links at once, before the peerings; the others one by one, as Azure wants them."""
    links = [each for each in repairs if isinstance(each, NewLink)]
    for each in repairs:
        if each in links:
            if each is links[0]:
                yield link_zone(links)
        else:
            yield _MAKERS[type(each)](each)


def viewpoints(snapshot: Snapshot) -> list[Viewpoint]:
    """One pool of each subnet. Raises NotObserved."""
    endpoint, vault = endpoint_to_use(snapshot), snapshot.vault.get()
    if endpoint is None or vault is None:
        return []
    order = partial(ProbeOrder, host=vault.host, address=address_of(endpoint))
    nodes = topology_of(snapshot).nodes
    return [Viewpoint(order(node.pools[0]), f"{node.in_network.name}/{node.id.name}") for node in nodes]


def _before(snapshot: Snapshot, repairs: tuple[Repair, ...]) -> tuple[Step, ...]:
    return (look_from_nodes(viewpoints(snapshot)),) if repairs and not snapshot.wanted.skip_probe else ()


def _after(snapshot: Snapshot) -> tuple[Step, ...]:
    return () if snapshot.wanted.skip_probe else (prove_from_nodes(viewpoints(snapshot)),)


def _notes(snapshot: Snapshot, ours: list[Repair]) -> tuple[str, ...]:
    notes = []
    if ours:
        notes += [f"Writes {written(each)}" for each in ours]
        notes.append("Pods and nodes go on running.")
    vault = snapshot.vault.get()
    if vault and vault.openness is not Openness.PRIVATE:
        notes.append(
            f"{vault.id.name} is not closed ({vault.openness.value}): nodes may reach it by the public way, too."
        )
    if snapshot.wanted.skip_probe:
        notes.append("Nothing is proved from inside the cluster: --skip-probe.")
    else:
        notes.append(
            "A pod with the node's network looks from one node of each subnet, for some seconds (kube-system)."
        )
    return tuple(notes)


def _handed_over(snapshot: Snapshot, theirs: list[Repair]) -> Iterator[tuple[str, str]]:
    for each in theirs:
        needs = ", ".join(f"{need.action} at {need.scope}" for need in lacking(snapshot, each))
        yield f"{each.what} (takes {needs})", each.command


def draw(snapshot: Snapshot) -> Picture:
    """Raises NotObserved."""
    return Picture(topology_of(snapshot), endpoint_to_use(snapshot), repairs_of(snapshot))


FIX_PRIVATELINK = Flow(FIX, (CLUSTER, PRIVATE_LINK, GOVERNANCE), plan, (PRIVATE_LINK, GOVERNANCE), CURES, draw=draw)
