"""How a check is declared, the catalogue of all, and how they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from azext_akskv.model.finding import Finding, Problem, State
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot

CLUSTER, IDENTITY, KEY, ACCESS, NETWORK, SECRETS = "cluster", "identity", "key", "access", "network", "secrets"
GOVERNANCE, PRIVATE_LINK = "governance", "privatelink"
PROVIDER, PROVISION, MANIFESTS = "provider", "provision", "manifests"
CATEGORIES = (CLUSTER, IDENTITY, KEY, ACCESS, NETWORK, SECRETS, GOVERNANCE)
"""What a look at a cluster's KMS is made of."""

Examine = Callable[[Snapshot], Iterator[Problem]]


class NotApplicable(Exception):
    """The check has nothing to say about this cluster or this command; the text says why."""


@dataclass(frozen=True)
class Check:
    """`code` is the finding's code, its section in docs/findings.rst and its test's name. `healthy` is the sentence
    that is true when nothing was found."""

    code: str
    category: str
    severity: State
    healthy: str
    may_accept: bool
    examine: Examine


CATALOGUE: dict[str, Check] = {}


def check(
    code: str, category: str, severity: State, healthy: str, *, may_accept: bool = False
) -> Callable[[Examine], Examine]:
    """Declares a check. It yields a Problem for each thing wrong; nothing yielded means that all is well.

    NotObserved, which Observed.get raises, becomes an unknown finding; NotApplicable a skipped one.
    """

    def declare(examine: Examine) -> Examine:
        CATALOGUE[code] = Check(code, category, severity, healthy, may_accept, examine)
        return examine

    return declare


def run_checks(categories: Sequence[str], snapshot: Snapshot) -> list[Finding]:
    """Every check of these categories, in the order of the catalogue; each gives at least one finding."""
    return [
        finding
        for category in categories
        for each in CATALOGUE.values()
        if each.category == category
        for finding in findings_of(each, snapshot)
    ]


def findings_of(each: Check, snapshot: Snapshot) -> list[Finding]:
    guards = each.severity is State.ERROR
    try:
        problems = list(each.examine(snapshot))
    except NotObserved as gap:
        return [Finding(each.code, each.category, State.UNKNOWN, str(gap), may_accept=each.may_accept, guards=guards)]
    except NotApplicable as reason:
        return [Finding(each.code, each.category, State.SKIPPED, str(reason))]
    if not problems:
        return [Finding(each.code, each.category, State.OK, each.healthy)]
    return [
        Finding(each.code, each.category, p.state or each.severity, p.text, p.why, p.command, each.may_accept, guards)
        for p in problems
    ]
