"""Fills ports.Mounts by commands in a pod of the cluster: one that looks at everything, one that reads logs.

What a command prints stays in ARM for a while. So of pods only those fields leave it that are looked at, and of Secrets
their rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.resources import files

from azext_akskv.failures import GatewayError, Rejected
from azext_akskv.gateways.kube import understanding
from azext_akskv.gateways.kube_inside import Run, failure, nothing_came
from azext_akskv.gateways.mount_lists import (
    ACCOUNTS,
    DRIVER,
    LISTS,
    SECRETS,
    Answer,
    Items,
    Wanted,
    each_of,
    places_of,
    seen_of,
    why_not,
)
from azext_akskv.gateways.mount_secrets import no_review, secret_of
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import BadInput
from azext_akskv.model.mounts.inside_report import Part, Parts, items_of, parts_of
from azext_akskv.model.mounts.seen import LogSource, PodLog, Seen
from azext_akskv.model.mounts.synced import AccountRef, ServiceAccount, SyncedSecret, parse_account
from azext_akskv.model.observed import Observed
from azext_akskv.model.pod_report import Gap, Report, name, parse_report
from azext_akskv.model.run_command import CUT, FAILED

LOOK = "look at the mounts of the cluster from inside"
LOGS = "read the logs of driver and provider from inside"
TOO_LARGE = "TooLarge"
_CUT = "the command's output was cut: 512 kB may come back"


class InvokedMounts:
    """`run` is RunCommand.run, `read` reads the cluster anew."""

    def __init__(self, run: Run, read: Callable[[], Cluster]) -> None:
        self._run = run
        self._read = read

    def look(self, namespace: str | None = None) -> Seen:
        if namespace:
            with understanding(LOOK):
                name(namespace)
        report, parts = self._asked(LOOK, f"mode mounts\nnamespace {namespace or ''}\n", "mounts")
        answers = {each: answer_of(parts, each, wanted) for each, wanted in LISTS.items()}
        seen = seen_of(namespace, answer_of(parts, "driver", DRIVER), answers)
        places, said = places_of(seen), answers_in(report)
        return replace(
            seen,
            secrets={each: secrets_of(parts, each) for each in places.secrets},
            accounts={each: accounts_of(parts, each) for each in places.accounts},
            sync_rights={right: said.get(right) or unsaid(parts, right) for right in places.rights},
        )

    def glance(self, namespace: str | None = None) -> Seen:
        return self.look(namespace)

    def logs(self, sources: Sequence[LogSource], since_seconds: int) -> Iterator[PodLog]:
        """All of them come with one command."""
        if not sources:
            return
        with understanding(LOGS):  # each is a word of the order
            for word in (word for each in sources for word in (each.namespace, each.pod, each.container)):
                name(word)
        lines = "".join(
            f"log {each.namespace} {each.pod} {each.container} {'previous' if each.previous else 'current'}\n"
            for each in sources
        )
        _, parts = self._asked(LOGS, f"mode logs\nsince {since_seconds}\n{lines}", "logs")
        for number, source in enumerate(sources):
            yield log_of(parts, number, source)

    def _asked(self, doing: str, order: str, mode: str) -> tuple[Report, Parts]:
        """As much of it as came. Raises GatewayError where nothing did."""
        ended = self._run(self._read(), doing, script(), order)
        try:
            report = parse_report(ended.logs)
        except BadInput:
            raise nothing_came(doing, ended) from None
        if report.mode != mode:
            raise Rejected(doing, FAILED, f"the command's output is another command's: {report.mode}")
        if report.ended == "failed":
            raise failure(doing, report.gap("") or Gap("", "Unknown"))
        with understanding(doing):
            parts = parts_of(report)
        if not parts:
            raise nothing_came(doing, ended)
        return report, parts


def script() -> str:
    """What a look at secrets understands of kubectl's errors, and our own parts, in the order of their names."""
    folder = files("azext_akskv.gateways")
    own = sorted(
        (part for part in (folder / "mounts").iterdir() if part.name.endswith(".sh")), key=lambda part: part.name
    )
    return "\n".join(part.read_text() for part in (folder / "inside" / "1_ask.sh", *own))


def found_in(parts: Parts, part_name: str, doing: str) -> Part | GatewayError:
    part = parts.get(part_name)
    if isinstance(part, Part):
        return part
    if part is None or part.kind == TOO_LARGE:
        return Rejected(doing, CUT, _CUT)
    return failure(doing, part)


def answer_of(parts: Parts, part_name: str, wanted: Wanted) -> Answer:
    part = found_in(parts, part_name, wanted.doing)
    if isinstance(part, GatewayError):
        return part
    try:
        with understanding(wanted.doing):
            return Items(items_of(part), part.told)
    except GatewayError as error:
        return error


def accounts_of(parts: Parts, namespace: str) -> Observed[tuple[ServiceAccount, ...]]:
    return each_of(ACCOUNTS, answer_of(parts, f"accounts/{namespace}", ACCOUNTS), parse_account)


def secrets_of(parts: Parts, namespace: str) -> Observed[tuple[SyncedSecret, ...]]:
    """Rows `row name type count`, `managed name` and `used name`, and `asked` with those of the two that could be."""
    part = found_in(parts, f"secrets/{namespace}", SECRETS.doing)
    if isinstance(part, GatewayError):
        return Observed.unknown(why_not(SECRETS, part))
    rows = [line.split() for line in part.text.splitlines()]
    labelled: dict[str, set[str]] = {row[1]: set() for row in rows if row[:1] == ["asked"] and len(row) == 2}
    for row in rows:
        if len(row) == 2 and row[0] in labelled:
            labelled[row[0]].add(row[1])
    plain = [
        (row[1], row[2], int(row[3]) if row[3].isdecimal() else None)
        for row in rows
        if row[:1] == ["row"] and len(row) == 4
    ]
    managed, used = labelled.get("managed"), labelled.get("used")
    return Observed(tuple(secret_of(namespace, row, managed, used) for row in plain))


def answers_in(report: Report) -> dict[tuple[AccountRef, str], Observed[bool]]:
    """What the API server says of the drivers' rights."""
    found = {}
    for rest in report.all("may"):
        match rest.split():
            case ["yes" | "no" as said, namespace, account, target]:
                found[AccountRef(namespace, account), target] = Observed(said == "yes")
    return found


def unsaid(parts: Parts, right: tuple[AccountRef, str]) -> Observed[bool]:
    account, target = right
    doing = f"ask whether {account} may create secrets in {target}"
    part = found_in(parts, f"may/{account.namespace}/{account.name}/{target}", doing)
    return no_review(part) if isinstance(part, GatewayError) else Observed.unknown(f"cannot {doing}")


def log_of(parts: Parts, number: int, source: LogSource) -> PodLog:
    part = found_in(parts, f"log/{number}", f"read the log of {source}")
    if isinstance(part, GatewayError):
        return PodLog(source, gap=f"cannot {part}")
    lines = tuple(part.text.removesuffix("\n").split("\n")) if part.text else ()
    return PodLog(source, lines, f"only its last {int(part.told):,} lines came" if part.told.isdecimal() else "")
