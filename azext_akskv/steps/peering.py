"""Makes or mends the sides of a peering, one after the other: Azure refuses two at once."""

from __future__ import annotations

from azext_akskv.engine.step import Run, Seen, Step
from azext_akskv.model.network import Peering
from azext_akskv.model.repair import Side
from azext_akskv.model.repairs import ails
from azext_akskv.steps.private_link import when_free
from azext_akskv.steps.settled import watch

TRAVELLING = ("Updating", "Deleting")


def put_side(repair: Side) -> Step:
    """After the last one both sides must be Connected; after the first this one may wait for the other."""

    def sides(run: Run) -> tuple[Peering | None, Peering | None]:
        near, far = run.looking.networks.get(repair.local), run.looking.networks.get(repair.remote)
        return near.peering_with(repair.remote), far.peering_with(repair.local)

    def look(run: Run) -> Seen | None:
        own, other = sides(run)
        if own is None or own.provisioning_state in TRAVELLING or _ails(repair, own, other):
            return None
        return None if repair.last and own.state != "Connected" else Seen(own.state)

    def act(run: Run) -> None:
        when_free(run, lambda: _put(run, repair, *sides(run)))

    return Step(
        repair.code,
        repair.what,
        look,
        act,
        left_behind="a peering of which one side is missing carries nothing, and harms nothing",
    )


def _ails(repair: Side, own: Peering | None, other: Peering | None) -> str | None:
    return ails(own, other, repair.address if repair.of_nodes else "")


def _put(run: Run, repair: Side, own: Peering | None, other: Peering | None) -> None:
    """What this side needs now, which may be another thing than when the plan was made."""
    networks, told = run.ports.networks, watch(run, repair.code, "the peering")
    if own is None:
        networks.peer(repair.on, repair.remote, told)
    elif own.state == "Connected" and own.access and own.provisioning_state != "Failed" and _ails(repair, own, other):
        networks.sync(own, told)
    else:
        networks.again(own, told)
