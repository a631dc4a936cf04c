"""What `secrets-provider verify` has seen: a row for each mount, and as a story."""

from __future__ import annotations

from azext_akskv.model.mounts.standing import Copy, Standing
from azext_akskv.model.verified import Verified
from azext_akskv.report.diagnosis import diagnosed_row
from azext_akskv.report.plain import plain
from azext_akskv.report.rows import Row, finding_row
from azext_akskv.report.text import EVERY, SHOWN, Line, finding_lines
from azext_akskv.report.times import duration

MOST_TOLD = 20
"""Mounts that are in order are told one by one so many times; the rows have them all."""


def verified_row(found: Verified) -> Row:
    """As of `diagnose`, with a row for each mount; what the wait itself says comes first."""
    told = diagnosed_row(found.diagnosed)
    own = [finding_row(each) | {"evidence": None} for each in found.own]
    return {
        "cluster": plain(found.diagnosed.target.name),
        "resourceGroup": plain(found.diagnosed.target.group),
        "namespace": found.diagnosed.namespace,
        "className": found.class_name or None,
        "seconds": round(found.seconds, 1),
        "mounts": [_mount(each) for each in found.standings],
        "findings": [*own, *told["findings"]],
    }


def _mount(one: Standing) -> Row:
    done = one.mounted.objects if one.mounted else {}
    return {
        "namespace": plain(one.pod.namespace),
        "pod": plain(one.pod.name),
        "class": plain(one.class_name),
        "node": plain(one.pod.node) or None,
        "mounted": one.mounted is not None and one.mounted.mounted,
        "state": one.stage.value,
        "objects": [_object(each, version) for each, version in done.items()],
        "secrets": [_copy(each) for each in one.copies],
    }


def _object(ident: str, version: str) -> Row:
    kind, _, name = ident.partition("/")
    return {"type": plain(kind), "name": plain(name), "version": plain(version)}


def _copy(one: Copy) -> Row:
    """`made` is null where Secrets could not be looked at; `keys` are those that the class declares."""
    row = one.row.value
    return {
        "name": plain(one.wanted.secret),
        "type": plain(row.type if row else one.wanted.type),
        "keys": [plain(each) for each in one.keys],
        "made": row is not None if one.row.known else None,
    }


def verified_lines(found: Verified, verbose: bool) -> list[Line]:
    """How many have mounted, what they have, and what is wrong with the others."""
    ready = [each for each in found.standings if each.stage.settled]
    took = f" after {duration(found.seconds)}" if found.seconds >= 1 else ""
    head = f"{found.diagnosed.target.name}: {_counted(found.standings)}{took}"
    lines = [Line("", f"{head}{f'; {found.ended}' if found.ended else ''}")]
    told = ready if verbose else ready[:MOST_TOLD]
    lines += [line for each in told for line in _mounted(each)]
    if len(told) < len(ready):
        lines.append(Line("  ok       ", f"and {len(ready) - len(told):,} more", "ok"))
    lines += [Line("  note     ", f"not compared with the vault: {plain(each)}", "note") for each in found.aside]
    return lines + finding_lines(found.findings, EVERY if verbose else SHOWN)


def _counted(standings: tuple[Standing, ...]) -> str:
    if not standings:
        return "no pod mounts anything that is asked about"
    ready = sum(each.stage.settled for each in standings)
    return f"{ready:,} of {len(standings):,} mount{'s' * (len(standings) != 1)} in order"


def _mounted(one: Standing) -> list[Line]:
    done = one.mounted.objects if one.mounted else {}
    objects = ", ".join(f"{name} ({version[:8]})" for name, version in done.items())
    where = f" on {one.pod.node}" if one.pod.node else ""
    lines = [Line("  ok       ", plain(f"{one.pod} has mounted {one.class_name}{where}: {objects or 'nothing'}"), "ok")]
    for each in one.copies:
        if row := each.row.value:
            keys = ", ".join(each.keys)
            lines.append(Line("           ", plain(f"Secret {each.wanted.secret} ({row.type or 'no type'}): {keys}")))
    return lines
