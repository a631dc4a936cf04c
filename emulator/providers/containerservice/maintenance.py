"""Maintenance configurations: when AKS may upgrade a cluster by itself. There are three, by their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.providers.containerservice.clusters import CLUSTERS, ManagedCluster
from emulator.providers.errors import aks_error, resource_not_found

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

NAMES = ("default", "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule")
_SCHEDULES = ("daily", "weekly", "absoluteMonthly", "relativeMonthly")
_MILLISECONDS = re.compile(r"\.\d+Z$")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_HOURS = range(4, 25)


def put(world: EmulatedWorld, cluster: ManagedCluster, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Creates or replaces. Raises Refusal: 400 InvalidParameter."""
    known = next((one for one in NAMES if one.lower() == name.lower()), None)
    if known is None:  # [ISS]
        names = "'default', 'aksManagedAutoUpgradeSchedule' and 'aksManagedNodeOSUpgradeSchedule'"
        raise _invalid(f"Only {names} are allowed configNames for maintenance configuration.")
    properties = _written(asked)
    _refuse_bad_times(known, properties)
    if window := properties.get("maintenanceWindow"):  # [3P] filled in by the service
        window.setdefault("startDate", f"{world.clock.now():%Y-%m-%d}")
        window.setdefault("utcOffset", "+00:00")
    own_id = cluster.id.replace("/resourcegroups/", "/resourceGroups/")  # [REC]
    body = {"id": f"{own_id}/maintenanceConfigurations/{known}", "name": known, "properties": properties}
    cluster.maintenance[known.lower()] = body
    return body


def _written(value: Any) -> Any:
    """[REC] Nothing and empty lists are left out, times come back in whole seconds."""
    if isinstance(value, dict):
        return {key: _written(one) for key, one in value.items() if one is not None and one != []}
    if isinstance(value, list):
        return [_written(one) for one in value]
    return _MILLISECONDS.sub("Z", value) if isinstance(value, str) else value


def _refuse_bad_times(name: str, properties: dict[str, Any]) -> None:
    """[SPEC] What a window must say; [CLI] that of `default` is weekly, every week [INF: texts]."""
    window = properties.get("maintenanceWindow")
    if window is None:
        if name != "default" or not properties.get("timeInWeek"):
            wanted = "timeInWeek or maintenanceWindow" if name == "default" else "maintenanceWindow"
            raise _invalid(f"The maintenance configuration '{name}' needs {wanted}.")
        return
    kinds = [kind for kind in _SCHEDULES if kind in (window.get("schedule") or {})]
    if len(kinds) != 1:
        raise _invalid(f"A maintenance window has exactly one schedule of {', '.join(_SCHEDULES)}.")
    if name == "default" and (kinds != ["weekly"] or window["schedule"]["weekly"].get("intervalWeeks") != 1):
        raise _invalid("The maintenance window of 'default' is weekly, with intervalWeeks 1.")
    if window.get("durationHours") not in _HOURS:
        raise _invalid("The durationHours of a maintenance window are from 4 to 24.")
    if not _TIME.fullmatch(str(window.get("startTime"))):
        raise _invalid("The startTime of a maintenance window is written HH:mm.")


def _invalid(message: str) -> Exception:
    return aks_error(400, "InvalidParameter", message)


def declare_maintenance_routes(routes: Routes, cluster_path: str, found: Callable[[Call], ManagedCluster]) -> None:
    """Adds the routes below a cluster; `found` is the cluster in the path."""
    configurations = cluster_path + "/maintenanceConfigurations"

    @routes.route("GET", configurations)
    def list_configurations(call: Call) -> Answer:
        return Answer(200, {"value": list(found(call).maintenance.values())})

    @routes.route("GET", configurations + "/{configuration}")
    def get_configuration(call: Call) -> Answer:
        cluster, name = found(call), call.params["configuration"]
        body = cluster.maintenance.get(name.lower())
        if body is None:
            kind = f"{CLUSTERS}/maintenanceConfigurations"
            raise resource_not_found(kind, f"{cluster.body['name']}/{name}", call.params["group"])
        return Answer(200, body)

    @routes.route("PUT", configurations + "/{configuration}")
    def put_configuration(call: Call) -> Answer:
        """[REC] 200, new or not; at once."""
        asked = (call.json() or {}).get("properties") or {}
        return Answer(200, put(call.world, found(call), call.params["configuration"], asked))

    @routes.route("DELETE", configurations + "/{configuration}")
    def delete_configuration(call: Call) -> Answer:
        """[REC] 200 without a body; [SPEC] 204 when there was none."""
        gone = found(call).maintenance.pop(call.params["configuration"].lower(), None)
        return Answer(204 if gone is None else 200)
