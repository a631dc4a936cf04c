"""Microsoft.Insights/diagnosticSettings of a vault or a cluster."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.errors import arm_error, resource_not_found
from emulator.providers.ids import group_of, name_of
from emulator.providers.insights import settings

ROUTES = Routes()
_INSIGHTS = "/{scope:path}/providers/Microsoft.Insights"
_SETTINGS = _INSIGHTS + "/diagnosticSettings"


def _resource(call: Call) -> Resource:
    """The resource whose logs it is about. Raises Refusal: 404, or 400 for a type without logs [3P: text]."""
    scope = "/" + call.params["scope"]
    found = call.world.resources.get(scope)
    if found is None:
        kind = scope.rpartition("/providers/")[2].rpartition("/")[0]
        raise resource_not_found(kind, name_of(scope), group_of(scope))
    if found.body["type"].lower() not in settings.CATEGORIES:
        message = f"The resource type '{found.body['type'].lower()}' does not support diagnostic settings."
        raise arm_error(400, "ResourceTypeNotSupported", message)
    return found


def _setting(call: Call) -> Resource | None:
    return call.world.resources.get(settings.setting_id(_resource(call).id, call.params["setting"]))


@ROUTES.route("GET", _SETTINGS)
def list_settings(call: Call) -> Answer:
    return Answer(200, {"value": [one.body for one in settings.listed(call.world, _resource(call).id)]})


@ROUTES.route("GET", _SETTINGS + "/{setting}")
def get_setting(call: Call) -> Answer:
    """[INF] The text of the 404."""
    found = _setting(call)
    if found is None:
        name = settings.setting_id(_resource(call).id, call.params["setting"])
        raise arm_error(404, "ResourceNotFound", f"The resource '{name}' was not found.")
    return Answer(200, found.body)


@ROUTES.route("PUT", _SETTINGS + "/{setting}")
def put_setting(call: Call) -> Answer:
    """[REC] 200, new or not."""
    asked = (call.json() or {}).get("properties") or {}
    return Answer(200, settings.put(call.world, _resource(call), call.params["setting"], asked).body)


@ROUTES.route("DELETE", _SETTINGS + "/{setting}")
def delete_setting(call: Call) -> Answer:
    """[REC] 200 without a body; [SPEC] 204 when there was none."""
    found = _setting(call)
    if found is None:
        return Answer(204)
    call.world.resources.remove(found.id)
    return Answer(200)


@ROUTES.route("GET", _INSIGHTS + "/diagnosticSettingsCategories")
def list_categories(call: Call) -> Answer:
    """[REC][SPEC] What there is to send."""
    resource = _resource(call)
    logs = settings.CATEGORIES[resource.body["type"].lower()]
    told = [_category(resource, name, "Logs", groups) for name, groups in logs.items()]
    return Answer(200, {"value": [*told, _category(resource, settings.METRICS, "Metrics", ())]})


def _category(resource: Resource, name: str, kind: str, groups: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": f"{resource.id.lower()}/providers/microsoft.insights/diagnosticSettingsCategories/{name}",
        "type": "microsoft.insights/diagnosticSettingsCategories",
        "name": name,
        "location": None,
        "kind": None,
        "tags": None,
        "properties": {"categoryType": kind, "categoryGroups": list(groups)},
        "identity": None,
    }
