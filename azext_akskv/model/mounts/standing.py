"""How far each pod has come with what it mounts of a vault: to a node, to its files, to the Secrets made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from azext_akskv.model.mounts.behind import AZURE
from azext_akskv.model.mounts.consumer import NO_SECRET, Consumer, Mounted
from azext_akskv.model.mounts.secret_class import SecretObject, SecretProviderClass
from azext_akskv.model.mounts.seen import Seen
from azext_akskv.model.mounts.synced import SyncedSecret
from azext_akskv.model.observed import Observed

Key = tuple[str, str, str, str]
"""Of a mount: namespace, name and uid of its pod, and the class."""
ENDED = frozenset({"Succeeded", "Failed"})
"""The phases of pods that mount nothing any more. [K8s]"""


class Stage(str, Enum):
    """In the order in which a pod comes through them. UNSEEN: mounted, and its Secrets could not be looked at."""

    NO_NODE = "not-scheduled"
    NO_VOLUME = "no-volume"
    NO_MOUNT = "not-mounted"
    NO_SECRET = "secret-missing"
    FEW_KEYS = "secret-incomplete"
    WAITING = "container-waits"
    UNSEEN = "secret-unknown"
    READY = "mounted"

    @property
    def settled(self) -> bool:
        """Nothing is left to wait for."""
        return self in (Stage.UNSEEN, Stage.READY)

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Stage.NO_NODE: "no node has taken the pod",
    Stage.NO_VOLUME: "the pod waits for a Secret, and has no volume of the class",
    Stage.NO_MOUNT: "not mounted",
    Stage.NO_SECRET: "mounted, but the Secret is not made",
    Stage.FEW_KEYS: "mounted, but the Secret lacks keys",
    Stage.WAITING: "mounted, but a container waits for the Secret",
    Stage.UNSEEN: "mounted; the Secret could not be looked at",
    Stage.READY: "mounted",
}


@dataclass(frozen=True)
class Copy:
    """A Secret that is to be made of a mount, and its row; a row of None: it is not there."""

    wanted: SecretObject
    row: Observed[SyncedSecret | None]

    @property
    def keys(self) -> tuple[str, ...]:
        """As the class declares them: a Secret itself is never read."""
        return tuple(dict.fromkeys(each.key for each in self.wanted.data if each.key))

    @property
    def lacks(self) -> int:
        """So many keys fewer are in it than the class declares, as far as its row counts them."""
        found = self.row.value
        return max(0, len(self.keys) - found.entries) if found and found.entries is not None else 0


@dataclass(frozen=True)
class Standing:
    """One class of one pod. `one` is None where there is no class of that name in the pod's namespace."""

    pod: Consumer
    class_name: str
    one: SecretProviderClass | None
    mounted: Mounted | None = None
    copies: tuple[Copy, ...] = ()
    stage: Stage = Stage.NO_MOUNT

    @property
    def key(self) -> Key:
        return self.pod.namespace, self.pod.name, self.pod.uid, self.class_name

    def __str__(self) -> str:
        return f"{self.pod}, class {self.class_name}"


@dataclass(frozen=True)
class Standings:
    """Of the pods and classes that are asked about. `unused`: classes that no pod mounts."""

    each: tuple[Standing, ...] = ()
    classes: tuple[SecretProviderClass, ...] = ()
    unused: tuple[SecretProviderClass, ...] = ()

    @property
    def left(self) -> tuple[Standing, ...]:
        """Those that are not settled."""
        return tuple(one for one in self.each if not one.stage.settled)


@dataclass(frozen=True)
class Scope:
    """What is asked about: a namespace (None: all), and the classes of one name (empty: of any)."""

    namespace: str | None = None
    class_name: str = ""

    def has(self, namespace: str, class_name: str) -> bool:
        return self.namespace in (None, namespace) and self.class_name in ("", class_name)


def standings_of(seen: Seen, scope: Scope) -> Standings:
    """Raises NotObserved where classes, pods or what they have mounted could not be looked at."""
    there = {(one.namespace, one.name): one for one in seen.classes.get()}
    ours = tuple(
        one for key, one in there.items() if one.provider.lower() == AZURE and scope.has(one.namespace, one.name)
    )
    found = tuple(
        _standing(seen, pod, name, there.get((pod.namespace, name)))
        for pod in seen.consumers.get()
        if pod.phase not in ENDED and not pod.ending
        for name in _classes(pod, ours)
        if scope.has(pod.namespace, name) and is_ours(there.get((pod.namespace, name)))
    )
    used = {(each.pod.namespace, each.class_name) for each in found}
    return Standings(found, ours, tuple(one for one in ours if (one.namespace, one.name) not in used))


def is_ours(one: SecretProviderClass | None) -> bool:
    """Also one that is not there: nobody knows for which vault it was meant."""
    return one is None or one.provider.lower() == AZURE


def _classes(pod: Consumer, ours: tuple[SecretProviderClass, ...]) -> Iterator[str]:
    """Those that it mounts, and those whose Secret it waits for without mounting any."""
    named = dict.fromkeys(each.class_name for each in pod.volumes)
    yield from named
    if NO_SECRET not in pod.waiting:
        return
    needed = {each.secret for each in pod.secrets if not each.optional}
    for one in ours:
        waits = needed.intersection(each.secret for each in one.secret_objects)
        if one.namespace == pod.namespace and one.name not in named and waits:
            yield one.name


def _standing(seen: Seen, pod: Consumer, name: str, one: SecretProviderClass | None) -> Standing:
    mounted = seen.mounted_by(pod, name)
    copies = tuple(_copies(seen, one)) if one else ()
    stage = _stage(pod, name, mounted, copies)
    return Standing(pod, name, one, mounted, copies, stage)


def _copies(seen: Seen, one: SecretProviderClass) -> Iterator[Copy]:
    listed = seen.secrets_of(one.namespace)
    for each in one.secret_objects:
        if not listed.known:
            yield Copy(each, Observed.unknown(listed.gap or ""))
            continue
        yield Copy(each, Observed(next((row for row in listed.get() if row.name == each.secret), None)))


def _stage(pod: Consumer, name: str, mounted: Mounted | None, copies: tuple[Copy, ...]) -> Stage:
    if not pod.node:
        return Stage.NO_NODE
    if not any(each.class_name == name for each in pod.volumes):
        return Stage.NO_VOLUME
    if mounted is None or not mounted.mounted:
        return Stage.NO_MOUNT
    return _after_mount(pod, copies)


def _after_mount(pod: Consumer, copies: tuple[Copy, ...]) -> Stage:
    if any(each.row.known and each.row.value is None for each in copies):
        return Stage.NO_SECRET
    if any(each.lacks for each in copies):
        return Stage.FEW_KEYS
    needed = {each.secret for each in pod.secrets if not each.optional}
    if NO_SECRET in pod.waiting and needed.intersection(each.wanted.secret for each in copies):
        return Stage.WAITING
    return Stage.READY if all(each.row.known for each in copies) else Stage.UNSEEN
