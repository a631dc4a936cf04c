"""One look at all of it, and the logs of the pods that were chosen then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from azext_akskv.model.mounts.consumer import Consumer, Mounted
from azext_akskv.model.mounts.installed import PROGRAMS, Installed, Role, SystemPod
from azext_akskv.model.mounts.pod_event import PodEvent
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.synced import AccountRef, ServiceAccount, SyncedSecret
from azext_akskv.model.observed import Observed

NOT_ASKED = "not looked at: no pod and no SecretProviderClass that was seen is in this namespace"


@dataclass(frozen=True)
class Seen:
    """Each part by itself is known or not, and says why not. `namespace`: the only one that was looked at; None: all.

    `kind_known`: whether the API server has the kind SecretProviderClass at all."""

    namespace: str | None
    installed: Installed
    kind_known: Observed[bool]
    classes: Observed[tuple[SecretProviderClass, ...]]
    """Of all namespaces where that may be read, whatever `namespace` is: one may be in the wrong place."""
    consumers: Observed[tuple[Consumer, ...]]
    mounted: Observed[tuple[Mounted, ...]]
    events: Observed[tuple[PodEvent, ...]]
    secrets: Mapping[str, Observed[tuple[SyncedSecret, ...]]] = field(default_factory=dict)
    """By namespace, of those with a class or a consumer."""
    accounts: Mapping[str, Observed[tuple[ServiceAccount, ...]]] = field(default_factory=dict)
    """By namespace, of those with a consumer."""
    sync_rights: Mapping[tuple[AccountRef, str], Observed[bool]] = field(default_factory=dict)
    """Whether a driver's account may create Secrets in a namespace, of those where a class wants some."""

    def secrets_of(self, namespace: str) -> Observed[tuple[SyncedSecret, ...]]:
        return self.secrets.get(namespace, Observed.unknown(NOT_ASKED))

    def accounts_of(self, namespace: str) -> Observed[tuple[ServiceAccount, ...]]:
        return self.accounts.get(namespace, Observed.unknown(NOT_ASKED))

    def account(self, consumer: Consumer) -> ServiceAccount | None:
        """The consumer's own; None: there is none of that name. Raises NotObserved."""
        found = self.accounts_of(consumer.namespace).get()
        return next((each for each in found if each.name == consumer.service_account), None)

    def class_of(self, consumer: Consumer, class_name: str) -> SecretProviderClass | None:
        """The class that the driver looks for: in the pod's own namespace. Raises NotObserved."""
        wanted = (consumer.namespace, class_name)
        return next((each for each in self.classes.get() if (each.namespace, each.name) == wanted), None)

    def mounted_by(self, consumer: Consumer, class_name: str) -> Mounted | None:
        """Raises NotObserved."""
        wanted = (consumer.namespace, consumer.name, class_name)
        return next(
            (each for each in self.mounted.get() if (each.namespace, each.pod, each.class_name) == wanted), None
        )

    def events_of(self, consumer: Consumer) -> tuple[PodEvent, ...]:
        """Those of this very pod, the oldest first. Raises NotObserved."""
        own = [each for each in self.events.get() if (each.namespace, each.pod) == (consumer.namespace, consumer.name)]
        same = [each for each in own if not (each.uid and consumer.uid) or each.uid == consumer.uid]
        return tuple(sorted(same, key=lambda each: each.last.timestamp() if each.last else 0.0))


@dataclass(frozen=True)
class LogSource:
    """The log of one container; `previous`: of its run before this one."""

    namespace: str
    pod: str
    container: str
    node: str = ""
    role: Role = Role.PROVIDER
    previous: bool = False

    def __str__(self) -> str:
        return f"{self.namespace}/{self.pod}/{self.container}{' (previous)' if self.previous else ''}"


@dataclass(frozen=True)
class PodLog:
    """Whole lines, without ends. `cut`: why older ones are missing that were asked for; `gap`: why there are none at
    all. Empty: neither."""

    source: LogSource
    lines: tuple[str, ...] = ()
    cut: str = ""
    gap: str = ""


def log_sources(pods: Iterable[SystemPod]) -> tuple[LogSource, ...]:
    """The programs' logs of these pods; also those of the run before, where memory or a crash ended it."""
    found: list[LogSource] = []
    for pod in pods:
        program = pod.program
        if program is None or pod.unscheduled:  # it has never run
            continue
        source = LogSource(pod.namespace, pod.name, PROGRAMS[pod.role], pod.node, pod.role)
        found.append(source)
        if program.restarts and (program.ran_out_of_memory or program.exit_code_before or not program.ready):
            found.append(LogSource(pod.namespace, pod.name, PROGRAMS[pod.role], pod.node, pod.role, previous=True))
    return tuple(found)
