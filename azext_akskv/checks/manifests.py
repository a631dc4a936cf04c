"""Checks of what `generate` is to write: whether it can be, and what stands in its place already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from azext_akskv.checks.declare import MANIFESTS, PROVISION, NotApplicable, check
from azext_akskv.checks.subjects import in_cluster, only_for
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.generate import DIFFERS, compared, setup_of
from azext_akskv.model.kube import KubeRight
from azext_akskv.model.mounts.manifests.manifest import Kind, Manifest, Ref
from azext_akskv.model.mounts.manifests.objects import twice
from azext_akskv.model.mounts.manifests.standing import ManifestsSeen, Standing
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.provision import GENERATE, namespace_of
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot

_MOST = 5


@check("nothing-to-mount", PROVISION, State.ERROR, "there is something to mount")
def nothing_to_mount(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, GENERATE)
    found = snapshot.provision.value
    if found is None or not snapshot.vault.value:
        raise NotApplicable("the vault could not be looked at")
    wanted, vault = snapshot.wanted.all_of, snapshot.vault.value.id.name
    for of in wanted:
        if why := found.contents.unseen.get(of):
            raise NotObserved(f"which {of.plural} are in {vault}: {why}")
    if not found.objects:
        kinds = " or ".join(of.plural for of in wanted)
        yield Problem(
            f"{vault} has no enabled {kinds}, so that there is nothing to mount",
            "without names everything enabled of a type is taken; a class without objects mounts nothing and fails",
            shell("az", "keyvault", _WORDS[wanted[0].value], "list", "--vault-name", vault, "--output", "table"),
        )


_WORDS = {"secret": "secret", "key": "key", "cert": "certificate"}


@check("file-twice", PROVISION, State.ERROR, "each object becomes a file of its own")
def file_twice(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, GENERATE)
    try:
        entries = setup_of(snapshot).entries
    except NotObserved as gap:  # another check says so
        raise NotApplicable(str(gap)) from gap
    for file in twice(entries):
        named = " and ".join(f"{each.asked.type.value} {each.asked.name}" for each in entries if each.file == file)
        yield Problem(
            f"{named} would be the same file {file}",
            "one would overwrite the other in the mount: give one of them another name for its file, as NAME=FILE",
        )


@check("namespace-missing", MANIFESTS, State.ERROR, "the namespace is there")
def namespace_missing(snapshot: Snapshot) -> Iterator[Problem]:
    seen, namespace = _seen(snapshot), namespace_of(snapshot.wanted)
    if not seen.namespace.known:
        yield Problem(
            f"whether there is a namespace {namespace} is not known: {seen.namespace.gap}",
            "without it nothing could be written, and that would be said then; nothing would be done by half",
            state=State.WARNING,
        )
        return
    phase = seen.namespace.get()
    if phase is None:
        yield Problem(
            f"there is no namespace {namespace} in {snapshot.target.name}",
            "namespaces carry quotas, policies and rights, so that whoever runs the cluster makes them",
            shell("kubectl", "create", "namespace", namespace),
        )
    elif phase != "Active":
        yield Problem(
            f"the namespace {namespace} is {phase}",
            "nothing can be made in a namespace that is being deleted",
            shell("kubectl", "get", "namespace", namespace),
        )


@check("class-kind-missing", MANIFESTS, State.ERROR, "Kubernetes knows SecretProviderClasses")
def class_kind_missing(snapshot: Snapshot) -> Iterator[Problem]:
    if not _seen(snapshot).kind_known.get():
        yield Problem(
            f"{snapshot.target.name} does not know the kind SecretProviderClass",
            "it comes with the driver, which the add-on installs",
            in_cluster(snapshot, "aks", "kv", "secrets-provider", "enable"),
        )


@check(DIFFERS, MANIFESTS, State.ERROR, "nothing that is there has to be changed", may_accept=True)
def manifest_differs(snapshot: Snapshot) -> Iterator[Problem]:
    for wanted, there, differing in _compared(snapshot):
        if there and differing and not there.fixed:
            yield Problem(
                f"the {wanted.ref} is there and differs: {_listed(differing)}",
                "it may be somebody else's. --accept manifest-differs changes these fields and leaves the rest as it "
                "is; or give yours another name with --class-name",
                _look_at(wanted.ref),
            )


@check("manifest-fixed", MANIFESTS, State.ERROR, "what differs can be changed")
def manifest_fixed(snapshot: Snapshot) -> Iterator[Problem]:
    for wanted, there, differing in _compared(snapshot):
        if there and differing and there.fixed:
            yield Problem(
                f"the {wanted.ref} is there and differs ({_listed(differing)}), and {there.fixed}",
                "it is never replaced: choose another name with --class-name, leave it out with --workload none, or "
                "delete it yourself if it is yours",
                _look_at(wanted.ref),
            )


@check("manifest-managed", MANIFESTS, State.WARNING, "nobody else keeps what is to be changed")
def manifest_managed(snapshot: Snapshot) -> Iterator[Problem]:
    for wanted, there, differing in _compared(snapshot):
        if there and differing and there.managed:
            yield Problem(
                f"the {wanted.ref} is kept by {there.managed}",
                "what is changed here may be put back with its next run: change it there, with the YAML that this "
                "command prints without --apply",
            )


@check("class-in-use", MANIFESTS, State.WARNING, "no pod mounts a class that is to be changed")
def class_in_use(snapshot: Snapshot) -> Iterator[Problem]:
    for wanted, there, differing in _compared(snapshot):
        if wanted.ref.kind is not Kind.CLASS or there is None or not differing:
            continue
        pods = _seen(snapshot).mounting.get()
        if pods:
            yield Problem(
                f"{_counted(pods)} the {wanted.ref}: {_listed(pods)}",
                "what they have mounted stays until the class is read again: with rotation on at its next round, else "
                "when they are started anew. Files that are not in the class any more are then missing",
            )


@check("manifest-rights", MANIFESTS, State.ERROR, "you may write what is missing", may_accept=True)
def manifest_rights(snapshot: Snapshot) -> Iterator[Problem]:
    """Asked of the API server, which answers for its RBAC and for Azure's. [K8s]"""
    seen = _seen(snapshot)
    for right in _needed(_compared(snapshot)):
        if not seen.rights[right].get():
            yield Problem(
                f"you may not {right}",
                "the API server would refuse to write it. Azure Kubernetes Service RBAC Writer, or the ClusterRole "
                "edit with rights on SecretProviderClasses, would do",
                shell(
                    *("kubectl", "auth", "can-i", right.verb, _resource(right)),
                    *("--namespace", right.namespace or "default"),
                ),
            )


def _needed(rows: Sequence[tuple[Manifest, Standing | None, tuple[str, ...]]]) -> Iterator[KubeRight]:
    for wanted, there, differing in rows:
        if there is None:
            yield wanted.ref.right("create")
        elif differing and not there.fixed:
            yield wanted.ref.right("patch")


def _seen(snapshot: Snapshot) -> ManifestsSeen:
    """Raises NotObserved, and NotApplicable where something else is in the way already."""
    if snapshot.manifests.known:
        seen = snapshot.manifests.get()
        if seen is None:
            raise NotApplicable("nothing is to be written")
        return seen
    try:
        setup_of(snapshot)
    except NotObserved as gap:  # a check of its own says so, and blocks
        raise NotApplicable(f"what is to be written is not known: {gap}") from gap
    return snapshot.manifests.get() or _nothing()


def _nothing() -> ManifestsSeen:
    raise NotApplicable("nothing is to be written")


def _compared(snapshot: Snapshot) -> tuple[tuple[Manifest, Standing | None, tuple[str, ...]], ...]:
    _seen(snapshot)
    return compared(snapshot)


def _look_at(ref: Ref) -> str:
    return shell("kubectl", "get", ref.kind.resource, ref.name, "--namespace", ref.namespace, "--output", "yaml")


def _resource(right: KubeRight) -> str:
    return f"{right.resource}.{right.group}" if right.group else right.resource


def _listed(told: Sequence[str]) -> str:
    more = f"; and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return "; ".join(told[:_MOST]) + more


def _counted(pods: Sequence[str]) -> str:
    return f"{len(pods)} pods mount" if len(pods) > 1 else "1 pod mounts"
