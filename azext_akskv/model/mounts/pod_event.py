"""Events that tell of a mount, a rotation or a Secret that did not come about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azext_akskv.model.members import child, number, text
from azext_akskv.model.times import parse_time, written

REASONS = (
    "FailedMount",
    "Failed",
    "FailedToCreateSecret",
    "MountRotationFailed",
    "SecretRotationFailed",
)
"""[SRC] kubelet and driver. `Failed` is also of much else; here it counts where it tells of a Secret."""
WARNINGS = "type=Warning,involvedObject.kind=Pod"
"""The field selector; an API server takes each field once. [D]"""


@dataclass(frozen=True)
class PodEvent:
    """`last`: events live for an hour after it. [D]"""

    namespace: str
    pod: str
    reason: str
    message: str
    uid: str = ""
    count: int = 1
    first: datetime | None = None
    last: datetime | None = None
    component: str = ""
    host: str = ""

    def line(self) -> str:
        """As one line of text: the JSON that `kubectl get events -o json` has of it."""
        return json.dumps(
            {
                "kind": "Event",
                "type": "Warning",
                "reason": self.reason,
                "message": self.message,
                "count": self.count,
                "firstTimestamp": written(self.first),
                "lastTimestamp": written(self.last),
                "involvedObject": {"kind": "Pod", "namespace": self.namespace, "name": self.pod},
                "source": {"component": self.component, "host": self.host},
            }
        )


def parse_event(raw: Mapping[str, Any]) -> PodEvent | None:
    """None for one that tells of something else. Raises BadInput."""
    about, source, series = child(raw, "involvedObject"), child(raw, "source"), child(raw, "series")
    reason = text(raw, "reason")
    if reason not in REASONS or text(raw, "type") != "Warning" or text(about, "kind") != "Pod":
        return None
    if reason == "Failed" and "secret" not in text(raw, "message").lower():
        return None
    at, first, last = text(raw, "eventTime"), text(raw, "firstTimestamp"), text(raw, "lastTimestamp")
    return PodEvent(
        namespace=text(about, "namespace") or text(child(raw, "metadata"), "namespace"),
        pod=text(about, "name"),
        reason=reason,
        message=text(raw, "message"),
        uid=text(about, "uid"),
        count=number(series, "count") or number(raw, "count") or 1,
        first=parse_time(first or at or last),
        last=parse_time(text(series, "lastObservedTime") or last or at or first),
        component=text(source, "component") or text(raw, "reportingComponent"),
        host=text(source, "host") or text(raw, "reportingInstance"),
    )
