"""What the records of a reading come to: each cause once for each node, vault and object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from azext_akskv.model.provider.catalogue import CATALOGUE
from azext_akskv.model.provider.cause import MOUNT, ROTATION, Cause
from azext_akskv.model.provider.judge import Judgement
from azext_akskv.model.provider.match import Confidence
from azext_akskv.model.provider.moment import Moment
from azext_akskv.model.provider.record import Kind, Record

MOST_GROUPS = 500
"""Different ones of one cause; what comes after is counted together. A text without any order could have millions."""
MOST_PODS = 200
"""Named in one diagnosis; where there are more, nobody can say that each of them is healed."""
_ONLY_WITHOUT_OTHERS = ("mount_wait_summary", "mount_timeout", "log_body_missing", "provider_error", "sync_failed")
"""They say that something failed, not what: of no use beside a cause in the same phase."""
_NO_REASON = (*_ONLY_WITHOUT_OTHERS, "not_understood", "synced_secret_missing")
_CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|\d+")

Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Diagnosis:
    """`proof` is the line that shows it, redacted and shortened; `source` and `line` say where it stands."""

    cause: Cause
    phase: str
    confidence: Confidence
    proof: str
    source: str
    line: int
    count: int
    first: Moment | None = None
    last: Moment | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    pods: tuple[str, ...] = ()
    """namespace/name each, as far as the text names them."""
    kinds: frozenset[Kind] = frozenset()
    healed: bool = False
    """Each of its pods has mounted since."""
    because: tuple[str, ...] = ()
    """Slugs of the causes behind it, where it is a consequence."""


class Groups:
    """Collects judgements."""

    def __init__(self) -> None:
        self._groups: dict[Key, Diagnosis] = {}
        self._sizes: dict[str, int] = {}
        self._mounted: dict[str, Moment] = {}

    def mounted(self, record: Record) -> None:
        """A mount that went well."""
        pod = pod_of(record.known)
        before = self._mounted.get(pod)
        if pod and record.last and (before is None or record.last.later_than(before)):
            self._mounted[pod] = record.last

    def add(self, judgement: Judgement, record: Record, source: str) -> None:
        pod = pod_of(judgement.facts)
        one = Diagnosis(
            CATALOGUE[judgement.slug],
            judgement.phase,
            judgement.confidence,
            judgement.proof,
            source,
            record.line,
            record.count,
            record.first,
            record.last,
            judgement.facts,
            (pod,) if pod else (),
            frozenset({record.kind}),
        )
        key = self._key(judgement)
        self._groups[key] = _together(self._groups[key], one) if key in self._groups else one

    def _key(self, judgement: Judgement) -> Key:
        facts = judgement.facts
        what = facts.get("object") or facts.get("spc") or facts.get("secret") or ""
        if judgement.slug == "not_understood":
            what = _CHANGING.sub("#", judgement.proof)
        key = (judgement.slug, judgement.phase, facts.get("node", ""), facts.get("vault", ""), what)
        if key not in self._groups:
            size = self._sizes[judgement.slug] = self._sizes.get(judgement.slug, 0) + 1
            if size > MOST_GROUPS:
                return (judgement.slug, judgement.phase, "", "", "")
        return key

    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """In the order in which they were first seen."""
        folded = [self._with_healing(_agreed(each)) for each in _folded(self._groups)]
        causes = [each for each in folded if each.cause.slug not in _NO_REASON]
        kept = [each for each in folded if each.cause.slug not in _ONLY_WITHOUT_OTHERS or not _explained(each, causes)]
        return (*kept, *_rotation(kept))

    def _with_healing(self, one: Diagnosis) -> Diagnosis:
        last = one.last
        if one.phase != MOUNT or last is None or not 0 < len(one.pods) < MOST_PODS:
            return one
        since = [self._mounted.get(pod) for pod in one.pods]
        return replace(one, healed=all(each is not None and each.later_than(last) for each in since))


def pod_of(facts: Mapping[str, str]) -> str:
    """namespace/name; empty when the name is not known."""
    name = facts.get("pod", "")
    return f"{facts.get('namespace') or '?'}/{name}" if name else ""


def _together(one: Diagnosis, other: Diagnosis) -> Diagnosis:
    """The same cause twice; the first one's line stays, unless the other's is surer."""
    best = other if other.confidence > one.confidence else one
    return replace(
        best,
        count=one.count + other.count,
        first=_edge(one.first, other.first, latest=False),
        last=_edge(one.last, other.last, latest=True),
        facts={**other.facts, **one.facts},
        pods=_both(one.pods, other.pods),
        kinds=one.kinds | other.kinds,
    )


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    new = tuple(pod for pod in other if pod not in one)
    return (*one, *new)[:MOST_PODS] if new and len(one) < MOST_PODS else one


def _edge(one: Moment | None, other: Moment | None, latest: bool) -> Moment | None:
    if one is None or other is None:
        return one or other
    return one if one.later_than(other) == latest else other


def _folded(groups: Mapping[Key, Diagnosis]) -> list[Diagnosis]:
    """A log does not name the node, an event not always the vault: what says less joins the only one that says more."""
    left = dict(groups)
    for key in sorted(groups, key=lambda each: sum(map(bool, each))):
        if len(groups) > MOST_GROUPS or key[0] == "not_understood":
            continue
        wider = [other for other in left if other != key and _says_more(other, key)]
        if len(wider) == 1:
            left[wider[0]] = _together(left[wider[0]], left.pop(key))
    return list(left.values())


def _says_more(other: Key, key: Key) -> bool:
    return other[:2] == key[:2] and all(part in ("", more) for part, more in zip(key[2:], other[2:], strict=True))


def _agreed(one: Diagnosis) -> Diagnosis:
    """A log and an event that tell the same are more than one of them."""
    if {Kind.LOG, Kind.EVENT} <= one.kinds and one.confidence < Confidence.CERTAIN:
        return replace(one, confidence=Confidence(one.confidence + 1))
    return one


def _explained(one: Diagnosis, causes: Iterable[Diagnosis]) -> bool:
    return any(
        each.phase == one.phase and (not one.pods or not each.pods or set(one.pods) & set(each.pods)) for each in causes
    )


def _rotation(kept: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Whatever makes a renewal fail has one consequence, which is named beside it."""
    failing = [each for each in kept if each.phase == ROTATION and each.cause.slug != "rotation_failing"]
    if not failing:
        return ()
    whole = failing[0]
    for each in failing[1:]:
        whole = _together(whole, each)
    behind = tuple(dict.fromkeys(each.cause.slug for each in failing))
    return (replace(whole, cause=CATALOGUE["rotation_failing"], because=behind),)
