"""Which lists of the API server tell of mounts, and how their items become what we know of them.

Whichever way they come, a list is items as the API has them, or the failure that came in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

from azext_akskv.failures import Denied, GatewayError, Missing
from azext_akskv.gateways.class_objects import read_objects
from azext_akskv.gateways.kube import understanding
from azext_akskv.model.mounts.consumer import parse_consumer, parse_mounted
from azext_akskv.model.mounts.installed import (
    DRIVER_NAME,
    SELECTOR,
    Installed,
    Role,
    parse_csi_node,
    parse_driver,
    parse_node,
    parse_system_pod,
)
from azext_akskv.model.mounts.pod_event import WARNINGS, parse_event
from azext_akskv.model.mounts.secret_class import GROUP, SecretProviderClass, parse_class, written_objects
from azext_akskv.model.mounts.seen import Seen
from azext_akskv.model.mounts.synced import AccountRef
from azext_akskv.model.observed import NotObserved, Observed

T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True)
class Items:
    """Of a list. `only_of`: the namespace that they are of, where all may not be read."""

    items: Sequence[Json] = ()
    only_of: str = ""


Answer = Items | GatewayError


@dataclass(frozen=True)
class Wanted:
    """A list. `what` is what a person calls it; `api` and `plural` are its address, `selectors` its query.

    `everywhere`: it is of all namespaces, whichever was asked for, and where that is refused, of this one alone; ASKED
    stands for the one that was asked for."""

    what: str
    api: str
    plural: str
    namespaced: bool = False
    selectors: tuple[tuple[str, str], ...] = ()
    everywhere: str = ""

    @property
    def doing(self) -> str:
        return f"list {self.what}"

    def path(self, namespace: str | None) -> str:
        inside = f"namespaces/{quote(namespace, safe='')}/" if namespace and self.namespaced else ""
        return f"/{self.api}/{inside}{self.plural}"

    def scope(self, namespace: str | None) -> str | None:
        """The namespace of the list; None: all."""
        return None if self.everywhere else namespace

    def older(self) -> Wanted | None:
        """The same under the name that it had before the driver's 1.0, where it had one. [SRC]"""
        ours = self.api == f"apis/{GROUP}/v1"
        return replace(self, api=f"apis/{GROUP}/v1alpha1") if ours else None

    def narrower(self, namespace: str | None) -> str | None:
        """The namespace to be content with; None: there is none."""
        return namespace if self.everywhere == ASKED else self.everywhere or None


ASKED = "*"
STORAGE = "apis/storage.k8s.io/v1"
DRIVER = Wanted(
    "the CSIDriver objects", STORAGE, "csidrivers", selectors=(("fieldSelector", f"metadata.name={DRIVER_NAME}"),)
)
NODES = Wanted("the nodes", "api/v1", "nodes")
CSI_NODES = Wanted("the drivers of the nodes", STORAGE, "csinodes")
SYSTEM = Wanted(
    "the pods of driver and provider", "api/v1", "pods", True, (("labelSelector", SELECTOR),), "kube-system"
)
CLASSES = Wanted("the SecretProviderClasses", f"apis/{GROUP}/v1", "secretproviderclasses", True, everywhere=ASKED)
STATUSES = Wanted("the SecretProviderClassPodStatuses", f"apis/{GROUP}/v1", "secretproviderclasspodstatuses", True)
PODS = Wanted("the pods", "api/v1", "pods", True)
EVENTS = Wanted("the events", "api/v1", "events", True, (("fieldSelector", WARNINGS),))
LISTS: Mapping[str, Wanted] = {
    "nodes": NODES,
    "csinodes": CSI_NODES,
    "system": SYSTEM,
    "classes": CLASSES,
    "statuses": STATUSES,
    "pods": PODS,
    "events": EVENTS,
}
ACCOUNTS = Wanted("the service accounts", "api/v1", "serviceaccounts", True)
SECRETS = Wanted("the names of the secrets", "api/v1", "secrets", True)


def seen_of(namespace: str | None, driver: Answer, answers: Mapping[str, Answer]) -> Seen:
    """All but what needs to know these first."""
    system = answers["system"]
    if isinstance(system, Items) and system.only_of and not system.items:
        told = f"only those of {system.only_of} may be read, and there are none: there may be some elsewhere"
        system = Denied(SYSTEM.doing, "Forbidden", told)
    installed = Installed(
        nodes=each_of(NODES, answers["nodes"], parse_node),
        pods=each_of(SYSTEM, system, parse_system_pod),
        drivers=observed(CSI_NODES, answers["csinodes"], lambda items: dict(map(parse_csi_node, items))),
        driver=observed(DRIVER, driver, lambda items: next(map(parse_driver, items), None)),
        only_of=system.only_of if isinstance(system, Items) else "",
    )
    classes, statuses = answers["classes"], answers["statuses"]
    gone = isinstance(classes, Missing)
    return Seen(
        namespace=namespace,
        installed=installed,
        kind_known=Observed(False) if gone else observed(CLASSES, classes, lambda _items: True),
        classes=each_of(CLASSES, Items() if gone else classes, class_of),
        consumers=each_of(PODS, answers["pods"], parse_consumer),
        mounted=each_of(STATUSES, Items() if isinstance(statuses, Missing) else statuses, parse_mounted),
        events=each_of(EVENTS, answers["events"], parse_event),
    )


def class_of(raw: Json) -> SecretProviderClass:
    """Raises BadInput."""
    return parse_class(raw, read_objects(written_objects(raw)))


def each_of(wanted: Wanted, answer: Answer, parse: Callable[[Json], T | None]) -> Observed[tuple[T, ...]]:
    """Those that `parse` makes something of."""
    return observed(wanted, answer, lambda items: tuple(each for each in map(parse, items) if each is not None))


def observed(wanted: Wanted, answer: Answer, read: Callable[[Sequence[Json]], T]) -> Observed[T]:
    """Unknown also where the items are not what they should be."""
    if isinstance(answer, GatewayError):
        return Observed.unknown(why_not(wanted, answer))
    try:
        with understanding(wanted.doing):
            return Observed(read(answer.items))
    except GatewayError as error:
        return Observed.unknown(why_not(wanted, error))


def why_not(wanted: Wanted, error: GatewayError) -> str:
    """In one line, with the right that is needed where that is why."""
    said = error.message.strip().partition("\n")[0].strip()[:300]
    said = f"({error.code}) {said}".rstrip() if error.code else said or type(error).__name__.lower()
    if isinstance(error, Denied):
        group = wanted.api.split("/")[1] if wanted.api.startswith("apis/") else ""
        right = f"list {wanted.plural}{f'.{group}' if group else ''}"
        return f"not allowed to read {wanted.what}; the right that is needed: {right}. {said}"
    return f"cannot read {wanted.what}: {said}"


@dataclass(frozen=True)
class Places:
    """Of what was seen, where to look further: namespaces with secrets and accounts that matter, and the rights of
    drivers that a class needs."""

    secrets: tuple[str, ...]
    accounts: tuple[str, ...]
    rights: tuple[tuple[AccountRef, str], ...]


def places_of(seen: Seen) -> Places:
    """Nothing where the look that it follows from did not succeed: then it stays unknown."""
    classes, consumers = _known(seen.classes), _known(seen.consumers)
    near = [each for each in classes if seen.namespace in (None, each.namespace)]
    homes = {each.namespace for each in consumers}
    wanting = sorted({each.namespace for each in near if each.secret_objects})
    drivers = sorted(
        {
            (each.namespace, each.account)
            for each in _known(seen.installed.pods)
            if each.role is Role.DRIVER and each.account
        }
    )
    rights = tuple((AccountRef(*driver), namespace) for driver in drivers for namespace in wanting)
    return Places(tuple(sorted(homes | {each.namespace for each in near})), tuple(sorted(homes)), rights)


def _known(part: Observed[tuple[T, ...]]) -> Iterable[T]:
    try:
        return part.get()
    except NotObserved:
        return ()
