"""Deleting a resource group: every provider deletes what is its own, then the group goes."""

from __future__ import annotations

from collections.abc import Callable

from emulator.core.http import Answer, Call, Refusal
from emulator.core.operations import Operation, OperationFailed
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.entra.metadata import ARM
from emulator.providers.errors import arm_error
from emulator.providers.ids import covers
from emulator.providers.resources import groups
from emulator.worlds.spec import SUBSCRIPTION

Delete = Callable[[Call, str], None]
_SUBSCRIPTION = "/subscriptions/{subscription}"
_CLUSTERS = "microsoft.containerservice/managedclusters"
_LATE = (
    "microsoft.network/virtualnetworks",
    "microsoft.network/networksecuritygroups",
    "microsoft.network/routetables",
)


def declare_group_deletion(routes: Routes, delete: Delete) -> None:
    """Adds the routes; `delete` has the provider of a resource delete it."""

    @routes.route("DELETE", _SUBSCRIPTION + "/resourceGroups/{group}")
    def delete_group(call: Call) -> Answer:
        """[REC] 202 with a Location. Clusters go first [INF]: their secrets need the vaults; then machines."""
        group = groups.require(call.world, SUBSCRIPTION, call.params["group"])
        for cluster in _members(call, group, clusters=True):
            delete(call, cluster.id)

        def finish() -> None:
            try:
                call.world.resources.remove_all(f"{group.id}/providers/Microsoft.Compute")
                for member in _members(call, group, clusters=False):
                    _remove_nested(call, member)
                    delete(call, member.id)
            except Refusal as refused:
                group.body["properties"] = {"provisioningState": "Succeeded"}
                raise _blocked(group, member, refused) from refused
            call.world.resources.remove_all(group.id)

        group.body["properties"] = {"provisioningState": "Deleting"}
        seconds = 2 * call.world.spec.delays.update
        return _accepted(call, call.world.operations.start(group, ("InProgress",), seconds, finish))

    _declare_results(routes)


def _declare_results(routes: Routes) -> None:
    @routes.route("GET", _SUBSCRIPTION + "/operationresults/{operation}")
    def get_operation_result(call: Call) -> Answer:
        """[REC] 202 with the same Location until it is over, then 200."""
        operation = call.world.operations.get(call.params["operation"])
        if operation is None:
            raise arm_error(404, "NotFound", "The operation was not found.", gateway=True)
        if operation.error:
            raise arm_error(409, operation.error["code"], operation.error["message"], gateway=True)
        return Answer(200) if operation.result else _accepted(call, operation)


def _blocked(group: Resource, member: Resource, refused: Refusal) -> OperationFailed:
    """[ISS] A member that cannot be deleted keeps the group."""
    name = group.body["name"]
    message = f"Deletion of resource group '{name}' failed as resources with identifiers '{member.id}' could not be "
    message += f"deleted. The provisioning state of the resource group will be rolled back. {refused}"
    return OperationFailed("ResourceGroupDeletionBlocked", message)


def _members(call: Call, group: Resource, *, clusters: bool) -> list[Resource]:
    """The resources of the group that are nobody's children: the clusters, or all others, networks and what subnets
    have last. What another one manages goes with that one [INF]."""
    inside = [one for one in call.world.resources if covers(group.id, one.id) and len(one.id.split("/")) == 9]
    own = [one for one in inside if (one.body["type"].lower() == _CLUSTERS) is clusters and "managedBy" not in one.body]
    return sorted(
        own, key=lambda one: _LATE.index(one.body["type"].lower()) if one.body["type"].lower() in _LATE else -1
    )


def _remove_nested(call: Call, member: Resource) -> None:
    """[INF] Children that are resources of their own (they have a location) go before their parent, which would not
    let itself be deleted over their head."""
    for one in call.world.resources:
        if covers(member.id, one.id) and one is not member and one.body.get("location"):
            call.world.resources.remove(one.id)


def _accepted(call: Call, operation: Operation) -> Answer:
    path = f"/subscriptions/{SUBSCRIPTION}/operationresults/{operation.id}"
    location = {"Location": f"{ARM}{path}?api-version={call.query['api-version']}"}
    return Answer(202, None, location | operation.pace)
