"""Makes what is missing between nodes and private endpoint: approval, zone, record, links. Each looks first, and finds
what somebody else, or a try before, has made by what it is and not by what it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from azext_akskv.engine.pace import executor
from azext_akskv.engine.step import Run, Seen, Step
from azext_akskv.engine.waiting import until
from azext_akskv.failures import Conflict, GatewayError, Missing, OperationFailed, Rejected, TookTooLong
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.private_dns import AddressRecord, Link
from azext_akskv.model.repair import Approval, KeptRecord, NewLink, NewZone, OwnRecord, link_id
from azext_akskv.model.tags import RUN_TAG
from azext_akskv.model.vault import Vault
from azext_akskv.steps.settled import watch

BUSY = frozenset({"AnotherOperationInProgress", "ReferencedResourceNotProvisioned", "RetryableError"})
"""Codes with which Microsoft.Network asks for patience: something else is being done to a resource. [ISS]"""
AT_ONCE = 4
"""Links that are made side by side."""


def when_free(run: Run, act: Callable[[], None]) -> None:
    """Acts, and again while the service says that something else is under way there, such as what a killed run began;
    Waits.appear at the longest. Raises what the port raises."""
    said: list[GatewayError] = []

    def once() -> bool | None:
        try:
            act()
        except (Conflict, OperationFailed, Rejected) as error:
            if error.code not in BUSY:
                raise
            said.append(error)
            run.reporter.tick(f"waiting: {error.message.strip().partition('. ')[0][:160]}")
            return None
        return True

    try:
        until(run.clock, once, every=run.waits.poll, limit=run.waits.appear, what="another operation")
    except TookTooLong:
        raise said[-1] from None


def approve(repair: Approval) -> Step:
    def status(vault: Vault) -> str:
        found = [each for each in vault.connections if each.id.lower() == repair.connection.lower()]
        return found[0].status if found else "gone"

    def look(run: Run) -> Seen | None:
        return Seen("Approved") if status(run.looking.vaults.get(repair.vault)) == "Approved" else None

    def act(run: Run) -> None:
        vault = run.ports.vaults.get(repair.vault)
        for each in vault.connections:
            if each.id.lower() == repair.connection.lower():
                run.ports.vaults.approve(vault, each)

    return Step(
        repair.code, repair.what, look, act, left_behind="until it is approved the vault's name leads to the public way"
    )


def make_zone(repair: NewZone) -> Step:
    def look(run: Run) -> Seen | None:
        try:
            zone = run.looking.zones.get(repair.on)
        except Missing:
            return None
        return Seen(zone.id.group) if zone.provisioning_state == "Succeeded" else None

    def act(run: Run) -> None:
        try:
            run.ports.zones.create(repair.on, {RUN_TAG: run.id}, watch(run, repair.code, "the zone"))
        except Conflict:  # made since we looked: the look that follows tells
            return

    left = "a zone that is linked to nothing changes no name"
    return Step(repair.code, repair.what, look, act, left_behind=left)


def keep_record(repair: KeptRecord) -> Step:
    def act(run: Run) -> None:
        networks = run.ports.networks

        def put() -> None:
            group = networks.zone_group(repair.endpoint)  # anew each time: there can be one only
            networks.put_in_zone(repair.endpoint, group, repair.zone, watch(run, repair.code, "the zone group"))

        when_free(run, put)

    left = "while the record is missing, networks that are linked to the zone find no address for the vault"
    look = partial(_recorded, repair.zone, repair.name, repair.address)
    return Step(repair.code, repair.what, look, act, left_behind=left)


def put_record(repair: OwnRecord) -> Step:
    def act(run: Run) -> None:
        seen = _record(run, repair.zone, repair.name)
        run.ports.zones.put_record(repair.zone, repair.name, repair.address, seen)

    left = "the record is as it was before, or as it shall be: it is one request"
    look = partial(_recorded, repair.zone, repair.name, repair.address)
    return Step(repair.code, repair.what, look, act, left_behind=left)


def _recorded(zone: ResourceId, name: str, address: str, run: Run) -> Seen | None:
    record = _record(run, zone, name)
    return Seen(address) if record and set(record.addresses) == {address} else None


def _record(run: Run, zone: ResourceId, name: str) -> AddressRecord | None:
    try:
        return run.looking.zones.record(zone, name)
    except Missing:  # the record, or the zone that is still to be made
        return None


def link_zone(repairs: Sequence[NewLink]) -> Step:
    """All networks that the zone is to be linked to, side by side: they have nothing to do with each other."""
    zone, networks = repairs[0].zone, [each.network for each in repairs]

    def missing(run: Run) -> list[ResourceId]:
        done = {each.network for each in _links(run, zone) if _is_done(each)}
        return [each for each in networks if each not in done]

    def look(run: Run) -> Seen | None:
        return None if missing(run) else Seen("linked")

    def act(run: Run) -> None:
        with executor(1 if run.serial else AT_ONCE) as pool:
            asked = [pool.submit(_link, run, zone, each) for each in missing(run)]
            failures = [error for each in asked if (error := each.exception()) is not None]
        if failures:
            raise failures[0]

    names = ", ".join(each.name for each in networks)
    return Step(
        "link-zone",
        f"link {zone.name} ({zone.group}) to {names}",
        look,
        act,
        left_behind="a network that is not linked yet resolves the vault's name in public, as before",
    )


def _is_done(link: Link) -> bool:
    return link.provisioning_state == "Succeeded" and link.state in ("Completed", "")


def _links(run: Run, zone: ResourceId) -> list[Link]:
    try:
        return run.looking.zones.links(zone)
    except Missing:
        return []


def _link(run: Run, zone: ResourceId, network: ResourceId) -> None:
    """One that is there by another name comes as Conflict inside the operation. [ISS]"""
    try:
        run.ports.zones.link(link_id(zone, network), network, "", watch(run, "link-zone", "the link"))
    except Conflict:
        if network not in {each.network for each in _links(run, zone)}:
            raise
