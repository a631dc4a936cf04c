"""A look at some of the classes, as if the cluster had no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.seen import LogSource, PodLog, Seen
from azext_akskv.model.mounts.standing import Standings
from azext_akskv.model.observed import Observed
from azext_akskv.ports import Mounts

T = TypeVar("T")


@dataclass(frozen=True)
class Chosen:
    """The classes that a look is narrowed to, and their pods."""

    standings: Standings
    only: frozenset[tuple[str, str]]

    def of(self, seen: Seen) -> Seen:
        """As if the cluster had no others. What could not be looked at stays so."""
        pods = {each.key[:3] for each in self.standings.each if (each.pod.namespace, each.class_name) in self.only}
        namespaces = {namespace for namespace, _ in self.only}
        namespace = seen.namespace or (next(iter(namespaces)) if len(namespaces) == 1 else None)
        consumers = (
            replace(pod, volumes=tuple(v for v in pod.volumes if (pod.namespace, v.class_name) in self.only))
            for pod in seen.consumers.value or ()
            if (pod.namespace, pod.name, pod.uid) in pods
        )
        named = {each[:2] for each in pods}
        return replace(
            seen,
            namespace=namespace,
            classes=_kept(seen.classes, (one for one in seen.classes.value or () if self._has(one, namespace))),
            consumers=_kept(seen.consumers, consumers),
            mounted=_kept(
                seen.mounted, (one for one in seen.mounted.value or () if (one.namespace, one.class_name) in self.only)
            ),
            events=_kept(seen.events, (one for one in seen.events.value or () if (one.namespace, one.pod) in named)),
        )

    def _has(self, one: SecretProviderClass, namespace: str | None) -> bool:
        """Those elsewhere are examined by nobody where there is one namespace: they say where a class is instead."""
        return (one.namespace, one.name) in self.only or namespace not in (None, one.namespace)


def _kept(whole: Observed[tuple[T, ...]], some: Iterable[T]) -> Observed[tuple[T, ...]]:
    return Observed(tuple(some)) if whole.known else whole


class NarrowMounts:
    """The mounts of a cluster, narrowed."""

    def __init__(self, mounts: Mounts, chosen: Chosen) -> None:
        self._mounts = mounts
        self._chosen = chosen

    def look(self, namespace: str | None = None) -> Seen:
        return self._chosen.of(self._mounts.look(namespace))

    def glance(self, namespace: str | None = None) -> Seen:
        return self._chosen.of(self._mounts.glance(namespace))

    def logs(self, sources: Sequence[LogSource], since_seconds: int) -> Iterator[PodLog]:
        return self._mounts.logs(sources, since_seconds)
