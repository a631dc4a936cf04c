"""Looks at the vault from a node of each subnet, before and after, and proves that it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azext_akskv.engine.pace import executor
from azext_akskv.engine.step import Fact, Run, Seen, Step
from azext_akskv.engine.waiting import until
from azext_akskv.failures import GatewayError, TookTooLong
from azext_akskv.model.probe import ProbeOrder, ProbeReport
from azext_akskv.model.probe_verdict import LOCAL_DNS, seen_in_words, troubles

LOOKED_BEFORE = Fact("looked-before", str)
"""What the nodes saw before anything was changed."""


@dataclass(frozen=True)
class Viewpoint:
    """A subnet of nodes, by one of its pools."""

    order: ProbeOrder
    subnet: str


def look_from_nodes(points: Sequence[Viewpoint]) -> Step:
    """What a node cannot tell is said, and stops nothing: it is the look before the repair."""

    def look(run: Run) -> Seen | None:
        return Seen(run[LOOKED_BEFORE], {}) if LOOKED_BEFORE in run else None

    def act(run: Run) -> None:
        told = []
        for point, found in zip(points, _looks(run, points), strict=True):
            told.append(_told(point, found))
            _show(run, found)
        run.facts[LOOKED_BEFORE.name] = "; ".join(told)

    def journalled(run: Run) -> Seen | None:
        seen = look(run)
        return Seen(seen.detail, {LOOKED_BEFORE.name: seen.detail}) if seen else None

    return Step(
        "look-from-nodes",
        f"look at the vault from a node of {_subnets(points)}",
        journalled,
        act,
        left_behind="the pod that looks ends by itself within two minutes",
    )


def prove_from_nodes(points: Sequence[Viewpoint]) -> Step:
    """Waits for answers that DNS caches still hold, at most Waits.dns."""

    def look(run: Run) -> Seen | None:
        good = [run.proofs.get(point.subnet) for point in points]
        if not all(good):
            return None
        return Seen("; ".join(seen_in_words(each) for each in good if each))

    def act(run: Run) -> None:
        last: dict[str, str] = {}

        def round_of_looks() -> bool | None:
            rest = [point for point in points if point.subnet not in run.proofs]
            for point, found in zip(rest, _looks(run, rest), strict=True):
                last[point.subnet] = _judge(run, point, found)
            missing = [point.subnet for point in points if point.subnet not in run.proofs]
            for subnet in missing:
                run.reporter.tick(f"{subnet}: {last[subnet]}")
            return None if missing else True

        try:
            until(run.clock, round_of_looks, every=run.waits.poll, limit=run.waits.dns, what="the proof")
        except TookTooLong:
            wrong = [f"{subnet}: {why}" for subnet, why in last.items() if subnet not in run.proofs]
            waited = f"after {run.waits.dns:.0f} s of waiting for DNS caches"
            raise TookTooLong(f"Not proved from the nodes, {waited}: {'; '.join(wrong)}") from None

    return Step(
        "prove-from-nodes",
        f"prove from a node of {_subnets(points)} that the vault is reached over the private endpoint",
        look,
        act,
        left_behind="what was made stays; the pods that looked are gone, or end by themselves within two minutes",
    )


def _looks(run: Run, points: Sequence[Viewpoint]) -> list[ProbeReport | GatewayError]:
    """Side by side: a pod takes some seconds to begin."""
    cluster = run.ports.clusters.get(run.target)

    def one(point: Viewpoint) -> ProbeReport | GatewayError:
        try:
            return run.ports.probes.probe(cluster, point.order)
        except GatewayError as error:
            return error

    with executor(1 if run.serial else len(points) or 1) as pool:
        return list(pool.map(one, points))


def _told(point: Viewpoint, found: ProbeReport | GatewayError) -> str:
    if isinstance(found, GatewayError):
        return f"{point.subnet}: could not look: {found}"
    return f"{point.subnet}, {seen_in_words(found)}"


def _judge(run: Run, point: Viewpoint, found: ProbeReport | GatewayError) -> str:
    """Why it is no proof; a proof is noted, with the lines that nslookup and nc printed."""
    if isinstance(found, GatewayError):
        return f"could not look: {found}"
    wrong = "; ".join(troubles(found, point.order.address))
    if not wrong:
        run.proofs[point.subnet] = found
        _show(run, found)
        return ""
    if LOCAL_DNS.intersection(found.dns_servers):
        wrong += "; the node has LocalDNS, which may keep an old answer for up to an hour"
    return f"{found.node or found.pool}: {wrong}"


def _show(run: Run, found: ProbeReport | GatewayError) -> None:
    """What nslookup and nc printed on the node."""
    for line in found.shown if isinstance(found, ProbeReport) else ():
        run.reporter.note(line)


def _subnets(points: Sequence[Viewpoint]) -> str:
    return ", ".join(point.subnet for point in points)
