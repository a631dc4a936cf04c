"""Whether pods have mounted what their classes name, waited for; what has not is explained as `diagnose` does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from azext_akskv.checks.declare import CLUSTER, PROVIDER, run_checks
from azext_akskv.checks.provider_remedies import describe, kubectl
from azext_akskv.checks.subjects import in_cluster
from azext_akskv.flows.diagnose import diagnose
from azext_akskv.flows.drive import look
from azext_akskv.flows.mount_wait import End, MountWait, Waited
from azext_akskv.flows.narrowed import Chosen, NarrowMounts
from azext_akskv.flows.world import World
from azext_akskv.model.diagnosed import Diagnosed
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.mounts.behind import vault_of
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.standing import Scope, Stage, Standing, Standings
from azext_akskv.model.provider.findings import by_gravity
from azext_akskv.model.provider.reading import Reading
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.verified import Verified
from azext_akskv.read_only import read_only

OF_WHAT_IS_MOUNTED = frozenset({"mounted-old", "rotation-off", "synced-secret-foreign"})
"""Codes of checks that say something of a mount that went well."""
TOLD = (State.ERROR, State.UNKNOWN, State.WARNING)
_AFTER = {
    End.FAILED_AGAIN: "not waited for longer, because the driver has tried again and failed the same way",
    End.TIMEOUT: "the time to wait was over",
}


def verify(world: World, wanted: Wanted, limit: float) -> Verified:
    """`wanted` is that of a look; `limit`: seconds. Raises JournalTrouble when the journal cannot be read."""
    seen = look(wanted, world, (CLUSTER,))
    scope = Scope(wanted.namespaces[0] if wanted.namespaces else None, wanted.class_name)
    cluster = seen.cluster.value
    if cluster is None or not cluster.running:
        found = [each for each in run_checks((CLUSTER,), seen) if each.state in TOLD]
        away = [_unseen("the cluster is not running, so nothing can be mounted in it")] if cluster else []
        return _nothing(world, scope, (*found, *away))
    world.reporter.looking_at("pods, what they have mounted, and events")
    waited = MountWait(world, read_only(world.ports).mounts, scope, limit).wait()
    if not waited.standings.known:
        return _nothing(world, scope, (_unseen(waited.standings.gap or ""),), waited)
    standings = waited.standings.get()
    own = tuple(_own(seen, scope, standings, waited))
    diagnosed = _why(world, wanted, standings) if standings.left else _how_old(world, wanted, scope, standings)
    aside = () if standings.left else tuple(each.text for each in diagnosed.findings if each.state is State.SKIPPED)
    told = replace(diagnosed, findings=tuple(each for each in diagnosed.findings if each.state in TOLD))
    return Verified(scope.class_name, standings.each, own, told, _AFTER.get(waited.end, ""), waited.seconds, aside)


def _nothing(world: World, scope: Scope, own: tuple[Finding, ...], waited: Waited | None = None) -> Verified:
    nothing = Diagnosed(world.target, scope.namespace, (CLUSTER, PROVIDER), Reading(), (), ())
    return Verified(scope.class_name, (), own, nothing, "", waited.seconds if waited else 0.0)


def _unseen(gap: str) -> Finding:
    return Finding("mount-unseen", PROVIDER, State.UNKNOWN, gap, "whether pods have mounted what they name stays open")


def _own(seen: Snapshot, scope: Scope, standings: Standings, waited: Waited) -> Iterator[Finding]:
    """What the look itself says: of each mount that is not in order, and of classes that nobody mounts."""
    if not standings.classes and not standings.each:
        yield _no_class(seen, scope)
    for one in standings.unused:
        yield _unused(seen, one, State.WARNING if standings.each and not scope.class_name else State.ERROR)
    for each in standings.each:
        yield from _of(each, waited)


def _no_class(seen: Snapshot, scope: Scope) -> Finding:
    named = f" {scope.class_name}" if scope.class_name else ""
    where = f" in the namespace {scope.namespace}" if scope.namespace else ""
    options = [word for name, word in (("--namespace", scope.namespace), ("--class-name", scope.class_name)) if word]
    place = [
        part for word, name in zip(options, ("--namespace", "--class-name"), strict=False) for part in (name, word)
    ]
    return Finding(
        "class-absent",
        PROVIDER,
        State.ERROR,
        f"there is no SecretProviderClass{named} for Azure{where}, and no pod that mounts one",
        "a class says what is read of which vault, and a pod mounts it; this prints both, made of what is in the vault",
        in_cluster(seen, "aks", "kv", "secrets-provider", "generate", "--vault", "<VAULT>", *place),
    )


def _unused(seen: Snapshot, one: SecretProviderClass, state: State) -> Finding:
    place = ("--vault", vault_of(one) or "<VAULT>", "--namespace", one.namespace, "--class-name", one.name)
    return Finding(
        "class-unused",
        PROVIDER,
        state,
        f"no pod mounts the SecretProviderClass {one}",
        "nothing is read of a vault, and no Secret is made, before a pod has a volume of the class; this prints a pod "
        "that has one",
        in_cluster(seen, "aks", "kv", "secrets-provider", "generate", *place, "--workload", "pod"),
    )


def _of(one: Standing, waited: Waited) -> Iterator[Finding]:
    if one.stage is Stage.READY:
        return
    if one.stage is Stage.UNSEEN:
        gap = ", ".join(dict.fromkeys(str(each.row.gap) for each in one.copies if not each.row.known))
        yield Finding("mount-unseen", PROVIDER, State.UNKNOWN, f"{one}: {one.stage.words}: {gap}")
        return
    failed = waited.tries.get(one.key)
    told = f"{one}: {one.stage.words}{_which(one)}{f': {failed.cause.kind}' if failed else ''}"
    yield Finding("mount-unready", PROVIDER, State.ERROR, told, _why_not(one), _to_see(one))


def _which(one: Standing) -> str:
    """The Secrets that are missing, or which lack something."""
    if one.stage is Stage.NO_SECRET:
        names = [each.wanted.secret for each in one.copies if each.row.known and each.row.value is None]
        return f" ({', '.join(names)})"
    if one.stage is Stage.FEW_KEYS:
        lacking = [each for each in one.copies if each.lacks]
        return "".join(
            f" ({each.wanted.secret} has {each.row.value.entries if each.row.value else 0}, and the class declares "
            f"{len(each.keys)}: {', '.join(each.keys)})"
            for each in lacking
        )
    return ""


def _why_not(one: Standing) -> str:
    return {
        Stage.NO_NODE: f"nothing is asked of driver and provider before: {one.pod.unscheduled or 'see its events'}",
        Stage.NO_VOLUME: "the driver makes the Secret only while a pod has a volume of the class",
        Stage.NO_MOUNT: "the findings after this one say why",
        Stage.NO_SECRET: "the files are there; the driver makes the Secret of them, and its events say why it does not",
        Stage.FEW_KEYS: "keys that came to the class later are put in by the rotation, or when the Secret is made anew",
        Stage.WAITING: "the key that it needs may not be among those of the Secret",
    }[one.stage]


def _to_see(one: Standing) -> str:
    lacking = next((each.wanted.secret for each in one.copies if each.lacks), "")
    if one.stage is Stage.FEW_KEYS:
        return kubectl("get", "secret", lacking, "--show-labels", namespace=one.pod.namespace)
    return describe(one.pod)


def _why(world: World, wanted: Wanted, standings: Standings) -> Diagnosed:
    """What `diagnose` says, where it sees nothing but the classes that are not mounted."""
    chosen = Chosen(standings, frozenset((each.pod.namespace, each.class_name) for each in standings.left))
    ports = replace(world.ports, mounts=NarrowMounts(world.ports.mounts, chosen))
    found = diagnose(replace(world, ports=ports), wanted, (PROVIDER,))
    pods = {str(each.pod) for each in standings.left}
    told = zip(by_gravity(found.reading.diagnoses), found.caused, strict=True)
    kept = [(each, cause) for each, cause in told if not each.pods or pods.intersection(each.pods)]
    reading = replace(found.reading, diagnoses=tuple(each for each, _ in kept))
    return replace(found, reading=reading, caused=tuple(cause for _, cause in kept))


def _how_old(world: World, wanted: Wanted, scope: Scope, standings: Standings) -> Diagnosed:
    """What is mounted against what the vault has; without logs. What cannot be compared is no doubt about the mount."""
    nothing = Diagnosed(world.target, scope.namespace, (CLUSTER, PROVIDER), Reading(), (), ())
    if not standings.each:
        return nothing
    chosen = Chosen(standings, frozenset((each.pod.namespace, each.class_name) for each in standings.each))
    ports = replace(world.ports, mounts=NarrowMounts(world.ports.mounts, chosen))
    snapshot = look(replace(wanted, since=0), replace(world, ports=ports), (PROVIDER,))
    found = [each for each in run_checks((PROVIDER,), snapshot) if each.code in OF_WHAT_IS_MOUNTED]
    return replace(nothing, findings=tuple(_aside(found)))


def _aside(findings: Sequence[Finding]) -> Iterator[Finding]:
    for each in findings:
        if each.state is State.UNKNOWN:
            yield replace(each, state=State.SKIPPED)
        elif each.state is not State.SKIPPED:
            yield each
