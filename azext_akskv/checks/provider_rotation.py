"""Checks of how what is mounted is read again, and of how old it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from azext_akskv.checks.declare import PROVIDER, NotApplicable, check
from azext_akskv.checks.provider_remedies import DRIVER_IN_CHART, kubectl, with_chart
from azext_akskv.checks.provider_subjects import (
    Rotation,
    each_of,
    lives,
    pods,
    the_classes,
    the_consumers,
    the_rotation,
    the_view,
)
from azext_akskv.checks.subjects import in_cluster
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.mounts.behind import TYPES, ProviderView, vault_of
from azext_akskv.model.mounts.consumer import Consumer, Mounted
from azext_akskv.model.mounts.secret_class import SecretProviderClass, VaultObject
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault_object import newest

MOST_READS, WINDOW = 4000, 10.0
"""So many times in so many seconds a vault can be read, for secrets and RSA 2048 keys in software, whichever its price
tier. [D: Key Vault service limits]"""
AT_START = frozenset({"env", "envFrom"})
"""Uses of a Secret that are read once, when the container starts. [K8s]"""


def _rotating(view: ProviderView) -> Rotation:
    """Raises NotApplicable where nothing is read again, which a check of its own tells."""
    rotation = the_rotation(view)
    if not rotation.on:
        raise NotApplicable("the rotation is off")
    return rotation


@check("rotation-off", PROVIDER, State.WARNING, "what is mounted is read again from time to time")
def rotation_off(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    the_classes(view)
    if the_rotation(view).on:
        return
    turn_on = ("aks", "update", "--enable-secret-rotation", "--rotation-poll-interval", "5m")
    found = view.seen.installed.pods.value or ()
    yield Problem(
        "the rotation is off",
        "a pod keeps the value that it started with, also when the vault has a newer one",
        in_cluster(snapshot, *turn_on)
        if view.behind.addon.enabled
        else with_chart(found, f"{DRIVER_IN_CHART}.enableSecretRotation=true"),
    )


@check("rotation-useless", PROVIDER, State.WARNING, "the rotation reaches what the pods use")
def rotation_useless(snapshot: Snapshot) -> Iterator[Problem]:
    """[D] Neither a subPath nor an environment variable is ever renewed."""
    view = the_view(snapshot)
    _rotating(view)
    made = {(one.namespace, each.secret) for one in the_classes(view) for each in one.secret_objects}
    users: dict[tuple[str, str, str], list[Consumer]] = {}
    for pod in view.seen.consumers.get():
        if lives(pod):
            for use in dict.fromkeys(_never_renewed(pod, made)):
                users.setdefault((pod.namespace, pod.owner or pod.name, use), []).append(pod)
    for (_, _, use), found in users.items():
        yield Problem(
            f"{pods(found)}: {use} never sees a rotation",
            "only a new pod has the new value, unless the program reads the mounted folder or a Secret's volume",
            _renew(found[0]),
        )


def _never_renewed(pod: Consumer, made: set[tuple[str, str]]) -> Iterator[str]:
    for mount in pod.mounts:
        if mount.sub_path:
            yield f"the subPath at {mount.path} of container {mount.container}"
    for use in pod.secrets:
        if use.how in AT_START and (pod.namespace, use.secret) in made:
            yield f"the environment of container {use.container}, of the Secret {use.secret},"


def _renew(pod: Consumer) -> str:
    """A ReplicaSet is named after its Deployment, with a hash at the end. [K8s]"""
    deployed = pod.owner_kind == "ReplicaSet" and "-" in pod.owner
    kind, name = ("Deployment", pod.owner.rpartition("-")[0]) if deployed else (pod.owner_kind, pod.owner)
    if kind in ("Deployment", "StatefulSet", "DaemonSet"):
        return kubectl("rollout", "restart", f"{kind.lower()}/{name}", namespace=pod.namespace)
    return kubectl("get", "pod", pod.name, "--output", "wide", namespace=pod.namespace)


@check("rotation-throttling", PROVIDER, State.WARNING, "a round of the rotation is no more than a vault takes")
def rotation_throttling(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    rotation = _rotating(view)
    if not rotation.seconds:
        raise NotObserved(f"the interval of the rotation cannot be read: {rotation.interval!r}")
    for vault, found in readers(view).items():
        most = most_in_window(found.reads, rotation.seconds)
        if most > MOST_READS:
            yield Problem(
                f"a round of the rotation, every {rotation.interval}, reads {vault} {found.reads:,} times for "
                f"{len(found.pods):,} pods",
                f"that can come to {most:,} in 10 seconds, and a vault takes {MOST_READS:,}, and answers more with 429 "
                "(cause 9 of the document on the provider, 8 of that on the add-on). Rotate less often, put values "
                "together, or spread them over vaults",
                _less_often(snapshot, view),
            )


@dataclass(frozen=True)
class Readers:
    """What a round of the rotation asks of one vault, and for whom."""

    reads: int
    pods: frozenset[str]


def readers(view: ProviderView) -> dict[str, Readers]:
    """By the vault's name. Raises NotObserved, and NotApplicable where there is no class."""
    found: dict[str, Readers] = {}
    for one in the_classes(view):
        mounting = [str(each) for each in view.users(one) if each.node and lives(each)]
        before = found.get(vault_of(one), Readers(0, frozenset()))
        found[vault_of(one)] = Readers(before.reads + len(mounting) * reads_of(one), before.pods | {*mounting})
    return found


def most_in_window(reads: int, seconds: float) -> int:
    """How many can fall into the time for which a vault counts them, where there is a round every so many seconds."""
    return math.ceil(reads * max(1.0, WINDOW / seconds))


def reads_of(one: SecretProviderClass) -> int:
    """Requests to the vault for one pod: with a history its list is read first, then each version. [SRC]"""
    return sum(1 + each.history if each.history and each.history > 1 else 1 for each in one.objects)


def _less_often(snapshot: Snapshot, view: ProviderView) -> str:
    if view.behind.addon.enabled:
        return in_cluster(snapshot, "aks", "update", "--enable-secret-rotation", "--rotation-poll-interval", "30m")
    found = view.seen.installed.pods.value or ()
    return with_chart(found, f'{DRIVER_IN_CHART}.rotationPollInterval="30m"')


@dataclass(frozen=True)
class _Held:
    """One object that a pod has mounted."""

    pod: Consumer
    one: SecretProviderClass
    wanted: VaultObject
    mounted: Mounted
    version: str

    @property
    def place(self) -> str:
        return f"{self.wanted.type} {self.wanted.name} of {vault_of(self.one)}"


@check("mounted-old", PROVIDER, State.WARNING, "the pods have the newest versions mounted")
def mounted_old(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    classes = {(one.namespace, one.name): one for one in the_classes(view)}
    held = list(_held(view, classes, the_consumers(view)))
    if not held:
        raise NotApplicable("nothing is mounted")
    old: dict[tuple[str, str], list[Consumer]] = {}
    gaps = list(each_of(held, partial(_collect, view, old)))
    for (place, why), found in old.items():
        yield Problem(
            f"{pods(found)}: not the newest enabled version of {place}: {why}",
            "the program works with the value from before, which may be revoked",
            _renew(found[0]),
        )
    yield from gaps


def _held(
    view: ProviderView, classes: dict[tuple[str, str], SecretProviderClass], consumers: Iterable[Consumer]
) -> Iterator[_Held]:
    """Raises NotObserved."""
    for pod in consumers:
        for name in dict.fromkeys(each.class_name for each in pod.volumes):
            one, mounted = classes.get((pod.namespace, name)), view.seen.mounted_by(pod, name)
            if one is None or mounted is None:
                continue
            for wanted in one.objects:
                ids = (f"{wanted.type}/{wanted.name}", f"{wanted.type}/{wanted.name}/0")  # 0: of a history the newest
                version = next((mounted.objects[each] for each in ids if mounted.objects.get(each)), "")
                if version and wanted.type in TYPES and vault_of(one):
                    yield _Held(pod, one, wanted, mounted, version)


def _collect(view: ProviderView, old: dict[tuple[str, str], list[Consumer]], held: _Held) -> Iterator[Problem]:
    if why := _old(view, held):
        old.setdefault((held.place, why), []).append(held.pod)
    yield from ()


def _old(view: ProviderView, held: _Held) -> str:
    """Why it is old; empty: it is not, or other checks say that there is none. Raises NotObserved."""
    vault, of, behind = vault_of(held.one), TYPES[held.wanted.type], view.behind
    versions = behind.versions.get((vault, of, held.wanted.name.lower()))
    if versions is not None:
        last = newest([each for each in versions.get() if each.enabled])
        if last is None or not last.version or last.version.lower() == held.version.lower():
            return ""
        pinned = f", which the class {held.one.name} names" if held.wanted.version else ""
        return f"{held.version} is mounted{pinned}; the vault has {last.version}"
    found, since = behind.named(vault, of, held.wanted.name), held.mounted.created
    if found is None:
        return ""
    if not (found.created and since):
        raise NotObserved(f"whether pods have the newest version of {held.place} is not known: no times are told")
    if found.created <= since:
        return ""
    if not the_rotation(view).on:
        return f"mounted {since:%Y-%m-%d %H:%M}, before that of {found.created:%Y-%m-%d %H:%M} was made"
    raise NotObserved(f"whether pods have the newest version of {held.place} is not known: its versions were not read")
