"""Microsoft.Resources/tags/default: the tags of a resource or a resource group, without the rest of it."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.errors import arm_error, resource_not_found
from emulator.providers.ids import group_of, name_of

_TAGS = "/{scope:path}/providers/Microsoft.Resources/tags/{tags}"


def declare_tag_routes(routes: Routes) -> None:
    """Adds the routes of the tags of everything."""

    @routes.route("GET", _TAGS)
    def get_tags(call: Call) -> Answer:
        return Answer(200, _document(_owner(call)))

    @routes.route("PUT", _TAGS)
    def put_tags(call: Call) -> Answer:
        """[D] All tags are replaced."""
        owner = _owner(call)
        _set(call, owner, _asked(call))
        return Answer(200, _document(owner))

    @routes.route("PATCH", _TAGS)
    def patch_tags(call: Call) -> Answer:
        """[D] `Merge` adds and changes, `Replace` replaces all, `Delete` removes those that have name and value."""
        owner = _owner(call)
        _set(call, owner, _patched(owner.body.get("tags") or {}, _asked(call), (call.json() or {}).get("operation")))
        return Answer(200, _document(owner))

    @routes.route("DELETE", _TAGS)
    def delete_tags(call: Call) -> Answer:
        _set(call, _owner(call), {})
        return Answer(200)


def _patched(tags: dict[str, str], asked: dict[str, str], operation: str | None) -> dict[str, str]:
    """Names are compared without letter case [D]. Raises Refusal: 400."""
    if operation == "Replace":
        return asked
    named = {name.lower() for name in asked}
    if operation == "Merge":
        return {name: value for name, value in tags.items() if name.lower() not in named} | asked
    if operation == "Delete":
        values = {name.lower(): value for name, value in asked.items()}
        return {name: value for name, value in tags.items() if values.get(name.lower()) != value}
    message = f"The tags patch operation '{operation}' is invalid. Supported operations are 'Replace,Merge,Delete'."
    raise arm_error(400, "InvalidTagsPatchOperation", message, gateway=True)


def _asked(call: Call) -> dict[str, str]:
    asked = ((call.json() or {}).get("properties") or {}).get("tags") or {}
    return {str(name): str(value) for name, value in asked.items()}


def _owner(call: Call) -> Resource:
    """The resource that the tags belong to. Raises Refusal: 404."""
    scope = "/" + call.params["scope"]
    owner = call.world.resources.get(scope)
    if owner is None:
        kind = scope.rpartition("/providers/")[2].rpartition("/")[0] or "Microsoft.Resources/subscriptions"
        raise resource_not_found(kind, name_of(scope), group_of(scope))
    return owner


def _set(call: Call, owner: Resource, tags: dict[str, str]) -> None:
    """[INF] A resource with an eTag has another one after its tags changed."""
    owner.body["tags"] = tags
    if "eTag" in owner.body:
        owner.body["eTag"] = call.world.ids.next("etag")


def _document(owner: Resource) -> dict[str, Any]:
    return {
        "id": f"{owner.id}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": owner.body.get("tags") or {}},
    }
