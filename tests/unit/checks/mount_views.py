"""What a look at the secrets provider has seen, for checks of mounts: what tests/fake_mounts.py shows of objects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from azext_akskv.model.addon import Addon, Issuer
from azext_akskv.model.mounts.behind import Behind, ProviderView
from azext_akskv.model.mounts.installed import Installed
from azext_akskv.model.mounts.seen import Seen
from azext_akskv.model.observed import Observed
from azext_akskv.model.provider.reading import Texts
from azext_akskv.model.snapshot import Snapshot
from tests.builders import a_snapshot
from tests.fake_mounts import seen_by
from tests.mount_builders import Json, a_driver_pod, a_provider_pod

ON = Addon(present=True, enabled=True, rotation=True, poll_interval="2m")
OFF = Addon()
CHART_NAMESPACE = "csi"
GAP: Observed[Any] = Observed.unknown("not allowed to read it")
BEHIND = frozenset({"addon", "issuer", "workload_identity", "objects", "versions"})
PARTS = frozenset(Installed.__dataclass_fields__)


def looked(**given: Any) -> Snapshot:
    """Fields of Behind, of Seen and of Installed go over what is in order; what is no Observed there makes the objects
    that the cluster shows. The add-on is on."""
    behind = {name: given.pop(name) for name in BEHIND & set(given)}
    parts = {name: given.pop(name) for name in PARTS & set(given) if _observed(given[name])}
    over = {name: given.pop(name) for name in set(Seen.__dataclass_fields__) & set(given) if _is_part(given[name])}
    seen = seen_by(**given)
    seen = replace(seen, installed=replace(seen.installed, **parts), **over)
    usual: dict[str, Any] = {"addon": ON, "issuer": Issuer(True, "https://issuer.test/"), "workload_identity": True}
    return a_snapshot(provider=ProviderView(seen, Behind(**{**usual, **behind}), Texts().reading()))


def _observed(value: object) -> bool:
    return isinstance(value, (Observed, str))


def _is_part(value: object) -> bool:
    return _observed(value) or isinstance(value, dict)


def chart(node: str) -> list[Json]:
    """The pods of a chart's release on a node."""
    pods = [
        a_driver_pod(node, CHART_NAMESPACE),
        a_provider_pod(node, CHART_NAMESPACE, app="csi-secrets-store-provider-azure"),
    ]
    for pod, name in zip(pods, ("secrets-store-csi-driver", "csi-provider"), strict=True):
        pod["metadata"]["ownerReferences"][0]["name"] = name
        pod["spec"]["serviceAccountName"] = name
    return pods
