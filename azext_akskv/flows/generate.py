"""The manifests by which pods mount what is in a vault: worked out from Azure alone, and written to the cluster where
that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from azext_akskv.checks.declare import CLUSTER, MANIFESTS, PROVISION, run_checks
from azext_akskv.checks.provision_subjects import COMMANDS
from azext_akskv.checks.subjects import in_cluster
from azext_akskv.engine.step import Plan
from azext_akskv.flows.drive import Flow, look
from azext_akskv.flows.judged import accepted, cured, for_later
from azext_akskv.flows.world import World
from azext_akskv.model.finding import Finding
from azext_akskv.model.generate import compared, manifests_wanted, setup_of
from azext_akskv.model.mounts.manifests.bodies import IMAGE
from azext_akskv.model.mounts.manifests.manifest import Manifest
from azext_akskv.model.mounts.manifests.secrets import synced_of
from azext_akskv.model.mounts.manifests.setup import NONE, Setup
from azext_akskv.model.mounts.manifests.standing import Standing
from azext_akskv.model.mounts.worker import Mode
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.provision import GENERATE
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.steps.manifests import put_manifest

_MOST = 6
UNHINDERED = frozenset({"cluster-not-settled", "cluster-failed"})
"""What keeps AKS busy keeps nobody from writing to its API server."""


UNASKED = UNHINDERED | {"cluster-stopped"}
"""And the YAML alone asks nothing of it."""


GRANTED_LATER = frozenset(
    {
        *("reading-not-granted", "nodes-lack-identity", "nodes-single-machines", "node-group-locked"),
        *("issuer-off", "federation-lacking", "federation-full", "federation-differs"),
    }
)
"""Pods that mount before their identity may read try again by themselves."""


@dataclass(frozen=True)
class Generated:
    """What there is to write, in its order, and what was found on the way; none where something is in the way."""

    findings: tuple[Finding, ...]
    setup: Setup | None = None
    manifests: tuple[Manifest, ...] = ()

    @property
    def blocked(self) -> bool:
        return any(each.blocks for each in self.findings)


def generate(world: World, wanted: Wanted, accept: Sequence[str] = ()) -> Generated:
    """Asks Azure alone: nothing is asked of the API server, and nothing is changed."""
    snapshot = replace(look(wanted, world, (PROVISION,)), accepted=tuple(accept))
    found = for_later(cured(run_checks((CLUSTER, PROVISION), snapshot), UNASKED), GRANTED_LATER)
    findings = tuple(accepted(found, accept))
    try:
        setup, manifests = setup_of(snapshot), manifests_wanted(snapshot)
    except NotObserved:  # a finding says so
        return Generated(findings)
    return Generated(findings, setup, manifests)


def plan(snapshot: Snapshot) -> Plan:
    """Raises NotObserved."""
    setup, rows = setup_of(snapshot), compared(snapshot)
    writes = [(manifest, there) for manifest, there, differing in rows if there is None or differing]
    steps = tuple(put_manifest(manifest, there) for manifest, there, _ in rows)
    count = len(writes)
    named = "this object" if count == 1 else f"these {count} objects"
    return Plan(
        GENERATE,
        steps,
        notes=tuple(_notes(setup, writes)),
        nothing_left="All of it is there as it is to be.",
        question=f"Write {named} to {snapshot.target.name}?" if writes else "",
        announced=False,
        manifests=tuple(manifest for manifest, _, _ in rows),
        onward="" if setup.workload == NONE else _verify(snapshot, setup),
    )


def _notes(setup: Setup, writes: Sequence[tuple[Manifest, Standing | None]]) -> Iterator[str]:
    files = [f"{each.file} ({each.type.value})" for each in setup.entries]
    more = f" and {len(files) - _MOST} more" if len(files) > _MOST else ""
    account = f"pods of the service account {setup.service_account}"
    whom = account if setup.worker.mode is Mode.WORKLOAD else "every pod of the nodes may"
    yield (
        f"From {setup.vault}, as {setup.identity} ({whom}, client id {setup.worker.client_id}): "
        f"{', '.join(files[:_MOST])}{more}."
    )
    yield "Values are read by the provider on the node alone, never by this command."
    for each in synced_of(setup):
        keys = ", ".join(key for key, _ in each.data[:_MOST])
        yield f"The driver makes the Secret {setup.namespace}/{each.name} ({each.type}: {keys}) while a pod mounts it."
    if setup.workload != NONE:
        yield f"The {setup.workload} {setup.workload_name} sleeps with the files before it; its image is {IMAGE}."
    for manifest, there in writes:
        if there:
            yield f"Of the {manifest.ref} only what differs is changed, at its resourceVersion {there.version}."


def _verify(snapshot: Snapshot, setup: Setup) -> str:
    named = ("--namespace", setup.namespace, "--class-name", setup.class_name)
    return in_cluster(snapshot, *COMMANDS, "verify", *named)


APPLY = Flow(GENERATE, (CLUSTER, PROVISION, MANIFESTS), plan, (MANIFESTS,), UNHINDERED, later=GRANTED_LATER)
