"""The mounts of tests/fakes.py: a test says what is to be seen, and which logs there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from azext_akskv.gateways.mount_lists import class_of
from azext_akskv.model.mounts.consumer import parse_consumer, parse_mounted
from azext_akskv.model.mounts.installed import Installed, parse_csi_node, parse_driver, parse_node, parse_system_pod
from azext_akskv.model.mounts.pod_event import parse_event
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.seen import LogSource, PodLog, Seen
from azext_akskv.model.mounts.synced import parse_account
from azext_akskv.model.observed import Observed
from tests.fake_port import FakePort
from tests.mount_builders import a_csi_driver, a_csi_node, a_driver_pod, a_node, a_provider_pod

Json = dict[str, Any]
NOTHING_LOGGED = "cannot read the log: there is none"


def seen_by(**objects: Sequence[Any]) -> Seen:
    """What an API server with these `nodes`, `pods`, `system`, `csi_nodes`, `classes`, `statuses`, `events`, `accounts`
    and `secrets` shows; a healthy add-on where nothing else is said. Classes may be SecretProviderClass already."""
    given = {name: list(each) for name, each in objects.items()}
    nodes = given.get("nodes", [a_node()])
    names = [each["metadata"]["name"] for each in nodes]
    system = given.get("system", [make(name) for name in names for make in (a_driver_pod, a_provider_pod)])
    spaces = {each["metadata"]["namespace"] for each in given.get("pods", [])}
    accounts = tuple(map(parse_account, given.get("accounts", [])))
    secrets = given.get("secrets", [])
    classes = tuple(map(_class, given.get("classes", [])))
    spaces |= {each.namespace for each in (*classes, *secrets)}
    return Seen(
        namespace=None,
        installed=Installed(
            nodes=Observed(tuple(map(parse_node, nodes))),
            pods=Observed(tuple(each for each in map(parse_system_pod, system) if each)),
            drivers=Observed(dict(map(parse_csi_node, given.get("csi_nodes", [a_csi_node(name) for name in names])))),
            driver=Observed(next(map(parse_driver, given.get("drivers", [a_csi_driver()])), None)),
        ),
        kind_known=Observed(True),
        classes=Observed(classes),
        consumers=Observed(tuple(each for each in map(parse_consumer, given.get("pods", [])) if each)),
        mounted=Observed(tuple(map(parse_mounted, given.get("statuses", [])))),
        events=Observed(tuple(each for each in map(parse_event, given.get("events", [])) if each)),
        secrets={space: Observed(tuple(each for each in secrets if each.namespace == space)) for space in spaces},
        accounts={space: Observed(tuple(each for each in accounts if each.namespace == space)) for space in spaces},
    )


def _class(given: Json | SecretProviderClass) -> SecretProviderClass:
    return given if isinstance(given, SecretProviderClass) else class_of(given)


class MountsSeen:
    """`seen` is what a look shows, `logged` the lines of logs by their source as text; a test puts others there."""

    seen: Seen = seen_by()
    logged: Mapping[str, Sequence[str]] = {}


class FakeMounts(FakePort):
    """Shows the same whichever namespace is asked for."""

    def look(self, namespace: str | None = None) -> Seen:
        self.asked("mounts.look")
        return self.world.seen

    def glance(self, namespace: str | None = None) -> Seen:
        self.asked("mounts.glance")
        return self.world.seen

    def logs(self, sources: Sequence[LogSource], since_seconds: int) -> Iterator[PodLog]:
        self.asked("mounts.logs")
        for each in sources:
            lines = self.world.logged.get(str(each))
            yield PodLog(each, gap=NOTHING_LOGGED) if lines is None else PodLog(each, tuple(lines))
