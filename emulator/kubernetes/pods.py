"""Pods as clients send them: what is completed, and what is refused."""

from __future__ import annotations

from typing import Any

from emulator.kubernetes import statuses
from emulator.kubernetes.kinds import PODS
from emulator.kubernetes.pod_statuses import pending
from emulator.kubernetes.secrets_store.daemon_sets import role_of

Object = dict[str, Any]
_DEFAULTS = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "enableServiceLinks": True,
    "serviceAccountName": "default",
}
_FIXED = "Forbidden: pod updates may not change fields other than `spec.containers[*].image`"


def completed(content: Object) -> Object:
    """A new pod: with defaults, and Pending, whatever the client says of its status. [SRC]

    Raises Refusal: 422 without a container, 400 for more than one, which is not emulated [OWN] but for the
    pods of the secrets store.
    """
    name, spec = str(content["metadata"].get("name")), content.get("spec") or {}
    containers = spec.get("containers") or []
    if not containers:
        raise statuses.invalid(PODS, name, "spec.containers", "Required value")
    for field in ("name", "image"):
        if not containers[0].get(field):
            raise statuses.invalid(PODS, name, f"spec.containers[0].{field}", "Required value")
    if (len(containers) > 1 and not role_of(content)) or spec.get("initContainers"):
        raise statuses.bad_request("the emulator runs pods of one container")
    return {**content, "spec": {**_DEFAULTS, **spec}, "status": pending()}


def refuse_other_spec(old: Object, new: Object) -> None:
    """Raises Refusal: 422; what a pod runs is said when it is made [SRC]."""
    if new.get("spec") != old.get("spec"):
        raise statuses.invalid(PODS, old["metadata"]["name"], "spec", _FIXED)
