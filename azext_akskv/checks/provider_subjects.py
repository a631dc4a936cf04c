"""What checks of the secrets provider speak about. What could not be looked at is unknown in each check that needs it:
which parts can be read differs from user to user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from azext_akskv.checks.declare import NotApplicable
from azext_akskv.model.addon import DEFAULT_INTERVAL, seconds_of
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.mounts.consumer import Consumer
from azext_akskv.model.mounts.installed import Role
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot

T = TypeVar("T")

ENDED = frozenset({"Succeeded", "Failed"})
"""The phases of pods that mount nothing any more. [K8s]"""
FIRST_NAMED = 3


def the_view(snapshot: Snapshot) -> ProviderView:
    """Raises NotObserved where it could not be looked at. Raises NotApplicable where there is no cluster; also where
    nobody could tell, which provider-not-installed says for all."""
    if snapshot.cluster.value is None:
        raise NotApplicable(f"the cluster {'is not there' if snapshot.cluster.known else 'could not be looked at'}")
    view = snapshot.provider.get()
    if view is None:
        raise NotApplicable("the cluster is not there")
    return view


def the_classes(view: ProviderView) -> tuple[SecretProviderClass, ...]:
    """Those for Azure. Raises NotObserved where they could not be looked at, NotApplicable where there are none."""
    classes = view.classes()
    if not classes:
        raise NotApplicable(f"no SecretProviderClass for Azure{_where(view)}")
    return classes


def the_consumers(view: ProviderView) -> tuple[Consumer, ...]:
    """The pods with a volume of the driver that have not ended, nor are about to. Raises NotObserved where they could
    not be looked at, NotApplicable where there are none."""
    consumers = tuple(each for each in view.seen.consumers.get() if each.volumes and lives(each))
    if not consumers:
        raise NotApplicable(f"no pod mounts a SecretProviderClass{_where(view)}")
    return consumers


def lives(pod: Consumer) -> bool:
    return pod.phase not in ENDED and not pod.ending


def the_installation(view: ProviderView) -> None:
    """Raises NotApplicable where nothing is installed, which a check of its own tells, and NotObserved."""
    if not view.behind.addon.enabled and not view.seen.installed.pods.get():
        raise NotApplicable("neither the add-on nor a chart is installed")


def _where(view: ProviderView) -> str:
    return f" in the namespace {view.seen.namespace}" if view.seen.namespace else ""


def each_of(items: Iterable[T], examine: Callable[[T], Iterator[Problem]]) -> Iterator[Problem]:
    """What `examine` says of each. What it could not look at is unknown, said once, and hides nothing else."""
    gaps = dict[str, None]()
    for item in items:
        try:
            yield from examine(item)
        except NotObserved as gap:
            gaps[str(gap)] = None
    for told in gaps:
        yield Problem(told, state=State.UNKNOWN)


def listed(things: Iterable[object]) -> str:
    """The first few, each once, and how many more."""
    names = list(dict.fromkeys(str(each) for each in things))
    more = len(names) - FIRST_NAMED
    return ", ".join(names[:FIRST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def pods(consumers: Sequence[Consumer]) -> str:
    return f"{'pod' if len(set(map(str, consumers))) == 1 else 'pods'} {listed(consumers)}"


def does(what: str, those: Iterable[object]) -> str:
    """The verb for one of them, or for several."""
    return what + "s" * (len(set(map(str, those))) == 1)


@dataclass(frozen=True)
class Rotation:
    """How the driver reads again what is mounted. `seconds`: None where `interval` cannot be read as a time."""

    on: bool
    interval: str

    @property
    def seconds(self) -> float | None:
        return seconds_of(self.interval)


def the_rotation(view: ProviderView) -> Rotation:
    """As the add-on's profile has it; where that is off, as the driver's pods are told to. Raises NotApplicable where
    nothing is installed, NotObserved."""
    addon = view.behind.addon
    if addon.enabled:
        return Rotation(addon.rotation, addon.poll_interval)
    drivers = [each for each in view.seen.installed.pods.get() if each.role is Role.DRIVER]
    if not drivers:
        raise NotApplicable("there is no pod of the driver")
    on = any((each.argument("enable-secret-rotation") or "").lower() == "true" for each in drivers)
    told = (each.argument("rotation-poll-interval") for each in drivers)
    return Rotation(on, next(filter(None, told), DEFAULT_INTERVAL))
