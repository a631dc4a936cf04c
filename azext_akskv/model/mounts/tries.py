"""What kubelet and driver tell of their last try for a pod, and whether another try can be of any use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from azext_akskv.model.mounts.pod_event import PodEvent
from azext_akskv.model.mounts.seen import Seen
from azext_akskv.model.mounts.standing import Key, Stage, Standing
from azext_akskv.model.provider.cause import MOUNT, SYNC, Cause
from azext_akskv.model.provider.reading import read_texts

PASSES = frozenset(
    {
        *("driver_not_registered", "provider_unreachable", "imds_unreachable", "dns_unreachable", "throttled"),
        *("forbidden_rbac", "identity_not_found", "aad_no_fic"),
        *("mount_timeout", "provider_error", "log_body_missing"),
        *("synced_secret_missing", "not_understood"),
    }
)
"""Slugs of what may be over after a while: something starts or is busy; what was granted or given a moment ago has not
come to every place yet, which takes some 10 minutes for a role [D]; or the text does not tell what it is. [OWN]"""
_LESS = ("synced_secret_missing",)
"""What the kubelet says of a Secret tells less than what the driver says that makes it."""


@dataclass(frozen=True)
class Try:
    """The last try that failed. `at` (seconds since 1970) and `count` grow with each."""

    cause: Cause
    at: float
    count: int

    def again_after(self, other: Try) -> bool:
        """Whether it came later, and failed the same way."""
        return self.cause.slug == other.cause.slug and (self.at, self.count) > (other.at, other.count)


def last_try(seen: Seen, standing: Standing) -> Try | None:
    """By the pod's events; None where none tells of a failure in the phase that the pod is in. Raises NotObserved."""
    phase = MOUNT if standing.stage in (Stage.NO_NODE, Stage.NO_MOUNT) else SYNC
    told = [(each, cause) for each in seen.events_of(standing.pod) if (cause := cause_of(each))]
    own = [(each, cause) for each, cause in told if cause.phase == phase and cause.slug != "mount_wait_summary"]
    own = [(each, cause) for each, cause in own if cause.slug not in _LESS] or own
    if not own:
        return None
    cause = own[-1][1]
    same = [each for each, other in own if other.slug == cause.slug]
    return Try(cause, max(_seconds(each) for each in same), sum(each.count for each in same))


def cause_of(event: PodEvent) -> Cause | None:
    return _classified(event.reason, event.message, event.component)


def hopeless(first: Mapping[Key, Try], now: Mapping[Key, Try], left: Iterable[Standing]) -> bool:
    """Whether everything that is left has failed again, the same way as when it was first seen, in a way that does not
    pass by itself."""
    return all(
        (before := first.get(each.key)) is not None
        and (last := now.get(each.key)) is not None
        and last.again_after(before)
        and last.cause.slug not in PASSES
        for each in left
    )


def _seconds(event: PodEvent) -> float:
    return event.last.timestamp() if event.last else 0.0


@lru_cache(maxsize=4096)
def _classified(reason: str, message: str, component: str) -> Cause | None:
    line = PodEvent("namespace", "pod", reason, message, component=component).line()
    found = read_texts([line]).diagnoses
    return found[0].cause if found else None
