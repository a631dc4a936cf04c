"""What a look at a cluster's secrets provider came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from azext_akskv.model.addon import Addon, Issuer
from azext_akskv.model.finding import Finding
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.observed import Observed
from azext_akskv.model.scale_set import ScaleSet


def _unasked() -> Observed[Any]:
    return Observed.unknown("not looked at")


@dataclass(frozen=True)
class Provided:
    """`namespace`: the only one that was looked at; None: all. Without a cluster the findings alone say anything.
    `view` of None: the cluster could not be asked."""

    target: ResourceId
    namespace: str | None
    findings: tuple[Finding, ...]
    addon: Addon | None = None
    issuer: Issuer | None = None
    workload_identity: bool | None = None
    scale_sets: Observed[tuple[ScaleSet, ...]] = field(default_factory=_unasked)
    view: ProviderView | None = None
