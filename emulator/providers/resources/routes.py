"""Microsoft.Resources: subscriptions, resource groups, resources of all types, providers, tags."""

from __future__ import annotations

import re
from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.errors import arm_error
from emulator.providers.ids import group_id, group_of, same_id
from emulator.providers.resources import groups
from emulator.providers.resources.providers import all_providers, provider_named
from emulator.providers.resources.tags import declare_tag_routes
from emulator.worlds.spec import LOCATION, SUBSCRIPTION, SUBSCRIPTION_NAME, TENANT

ROUTES = Routes()
_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = _SUBSCRIPTION + "/resourceGroups/{group}"
_COMPARISON = re.compile(r"(\w+) eq '([^']*)'")
declare_tag_routes(ROUTES)


def _subscription() -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": SUBSCRIPTION_NAME,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


@ROUTES.route("GET", "/tenants")
def list_tenants(call: Call) -> Answer:
    return Answer(200, {"value": [{"id": f"/tenants/{TENANT}", "tenantId": TENANT, "displayName": "Shop"}]})


@ROUTES.route("GET", "/subscriptions")
def list_subscriptions(call: Call) -> Answer:
    """[D] Those in which the caller has any role."""
    seen = call.world.rights.reaches_anything_in(call.claims["oid"], f"/subscriptions/{SUBSCRIPTION}")
    listed = [_subscription()] if seen else []
    return Answer(200, {"value": listed, "count": {"type": "Total", "value": len(listed)}})


@ROUTES.route("GET", _SUBSCRIPTION)
def get_subscription(call: Call) -> Answer:
    return Answer(200, _subscription())


@ROUTES.route("GET", _SUBSCRIPTION + "/locations")
def list_locations(call: Call) -> Answer:
    location = {
        "id": f"/subscriptions/{SUBSCRIPTION}/locations/{LOCATION}",
        "name": LOCATION,
        "displayName": "West Europe",
        "regionalDisplayName": "(Europe) West Europe",
        "metadata": {
            "regionType": "Physical",
            "regionCategory": "Recommended",
            "geographyGroup": "Europe",
            "longitude": "4.9",
            "latitude": "52.3667",
            "physicalLocation": "Netherlands",
            "pairedRegion": [{"name": "northeurope", "id": f"/subscriptions/{SUBSCRIPTION}/locations/northeurope"}],
        },
    }
    return Answer(200, {"value": [location]})


def _wanted(call: Call) -> dict[str, str]:
    """The comparisons of a `$filter`, by their left side in lower case."""
    return {name.lower(): value for name, value in _COMPARISON.findall(call.query.get("$filter", ""))}


def _tagged(body: dict[str, Any], wanted: dict[str, str]) -> bool:
    if "tagname" not in wanted:
        return True
    tags = {name.lower(): value for name, value in (body.get("tags") or {}).items()}
    value = tags.get(wanted["tagname"].lower())
    return value is not None and wanted.get("tagvalue", value) == value


@ROUTES.route("GET", _SUBSCRIPTION + "/resourceGroups")
def list_groups(call: Call) -> Answer:
    wanted = _wanted(call)
    found = [group.body for group in groups.all_groups(call.world) if _tagged(group.body, wanted)]
    return Answer(200, {"value": found})


@ROUTES.route("GET", _GROUP)
def get_group(call: Call) -> Answer:
    return Answer(200, groups.require(call.world, SUBSCRIPTION, call.params["group"]).body)


@ROUTES.route("HEAD", _GROUP)
def head_group(call: Call) -> Answer:
    """[REC] 204, or 404 with no body."""
    if call.world.resources.get(call.path) is None:
        return Answer(404, None, {"x-ms-failure-cause": "gateway"})
    return Answer(204)


@ROUTES.route("PUT", _GROUP)
def put_group(call: Call) -> Answer:
    """[REC] 201 for a new group, 200 for one that was there."""
    request = call.json() or {}
    if not request.get("location"):
        raise arm_error(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    more = {key: request[key] for key in ("tags", "managedBy") if request.get(key) is not None}
    existing = call.world.resources.get(group_id(SUBSCRIPTION, call.params["group"]))
    if existing is not None:
        existing.body.update(more)
        return Answer(200, existing.body)
    where = {"location": request["location"], **more}
    return Answer(201, groups.create(call.world, call.params["group"], call.world.clock.now(), **where).body)


@ROUTES.route("GET", _SUBSCRIPTION + "/resources")
@ROUTES.route("GET", _GROUP + "/resources")
def list_resources(call: Call) -> Answer:
    """[REC] Resources with a location, by type, name or tag; without their properties."""
    scope, wanted = call.path.rstrip("/").rpartition("/")[0].lower() + "/", _wanted(call)
    found = [
        _brief(resource)
        for resource in call.world.resources
        if resource.id.lower().startswith(scope) and _is_wanted(resource, wanted)
    ]
    return Answer(200, {"value": found})


def _is_wanted(resource: Resource, wanted: dict[str, str]) -> bool:
    body = resource.body
    return (
        bool(body.get("location"))
        and body["type"] != groups.GROUPS
        and same_id(wanted.get("resourcetype", body["type"]), body["type"])
        and same_id(wanted.get("name", body["name"]), body["name"])
        and same_id(wanted.get("resourcegroup", group_of(resource.id)), group_of(resource.id))
        and _tagged(body, wanted)
    )


def _brief(resource: Resource) -> dict[str, Any]:
    kept = ("id", "name", "type", "location", "sku", "kind", "identity", "managedBy")
    return {key: resource.body[key] for key in kept if key in resource.body} | {"tags": resource.body.get("tags") or {}}


@ROUTES.route("GET", _SUBSCRIPTION + "/providers")
def list_providers(call: Call) -> Answer:
    return Answer(200, {"value": [provider.document() for provider in all_providers(call.world)]})


@ROUTES.route("GET", _SUBSCRIPTION + "/providers/{namespace}")
def get_provider(call: Call) -> Answer:
    """Raises Refusal: 404 InvalidResourceNamespace [3P]."""
    provider = provider_named(call.world, call.params["namespace"])
    if provider is None:
        message = f"The resource namespace '{call.params['namespace']}' is invalid."
        raise arm_error(404, "InvalidResourceNamespace", message, gateway=True)
    return Answer(200, provider.document())


@ROUTES.route("POST", _SUBSCRIPTION + "/providers/{namespace}/register")
def register_provider(call: Call) -> Answer:
    """[D] `Registering` comes first; [OWN] here it is done at once. Raises Refusal: as get_provider."""
    call.world.unregistered.discard(call.params["namespace"].lower())
    return get_provider(call)
