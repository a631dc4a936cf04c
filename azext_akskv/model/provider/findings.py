"""Diagnoses as findings, in words for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from azext_akskv.model.finding import Finding, State
from azext_akskv.model.provider.catalogue import CATALOGUE
from azext_akskv.model.provider.cause import MOUNT
from azext_akskv.model.provider.diagnosis import Diagnosis
from azext_akskv.model.provider.match import Confidence
from azext_akskv.model.provider.reading import Reading
from azext_akskv.model.provider.remedy import Place, filled

CATEGORY = "provider"
_MOST_PODS = 3
_ORDER = (State.ERROR, State.UNKNOWN, State.WARNING, State.SKIPPED, State.OK)


def finding_of(diagnosis: Diagnosis, place: Place) -> Finding:
    """What is the matter and the line that proves it; why, and what to do; the command."""
    cause = diagnosis.cause
    state = state_of(diagnosis)
    numbers = f" ({cause.numbers})" if cause.numbers else ""
    head = f"{cause.kind}{numbers}"
    details = "; ".join(filter(None, _details(diagnosis)))
    where = f"{diagnosis.source or 'the text'}, line {diagnosis.line}"
    text = f"{head}: {details}. {where}: {diagnosis.proof}" if details else f"{head}. {where}: {diagnosis.proof}"
    command = " && ".join(filled(cause.fix, diagnosis.facts, place))
    return Finding(cause.code, CATEGORY, state, text, " ".join(_reasons(diagnosis)), command, url=cause.page)


def findings_of(reading: Reading, place: Place) -> list[Finding]:
    """Of each diagnosis, the gravest first; of a text without one, that it has none or that it is no such text."""
    found = [finding_of(each, place) for each in by_gravity(reading.diagnoses)]
    return found or [_verdict(reading, place)]


def by_gravity(diagnoses: Iterable[Diagnosis]) -> list[Diagnosis]:
    """Errors, then what is unknown, then what is healed; within each the commonest first."""
    return sorted(diagnoses, key=lambda each: (_ORDER.index(state_of(each)), -each.count))


def state_of(diagnosis: Diagnosis) -> State:
    return State.WARNING if diagnosis.healed else diagnosis.cause.state


def _verdict(reading: Reading, place: Place) -> Finding:
    cause = CATALOGUE["no_error_found" if reading.entries else "nothing_recognised"]
    seen = f"{reading.lines:,} lines, {reading.entries:,} entries, {reading.mounts:,} good mounts"
    command = " && ".join(filled(cause.fix, {}, place))
    return Finding(cause.code, CATEGORY, cause.state, f"{cause.kind}: {seen}", cause.todo, command, url=cause.page)


def _details(diagnosis: Diagnosis) -> Iterator[str]:
    facts = diagnosis.facts
    yield _object(facts)
    if diagnosis.pods:
        more = len(diagnosis.pods) - _MOST_PODS
        pods = ", ".join(diagnosis.pods[:_MOST_PODS]) + (f" and {more} more" if more > 0 else "")
        yield f"pod{'s' * (len(diagnosis.pods) > 1)} {pods}"
    yield f"node {facts['node']}" if facts.get("node") else ""
    yield f"in the {diagnosis.phase}" if diagnosis.phase != MOUNT else ""
    yield f"{diagnosis.count:,} times" if diagnosis.count > 1 else ""
    if diagnosis.last:
        since = f"from {diagnosis.first} to " if diagnosis.first and diagnosis.first != diagnosis.last else "at "
        yield f"{since}{diagnosis.last}"
    yield "healed since: each of these pods has mounted after it" if diagnosis.healed else ""
    yield "possible, not certain" if diagnosis.confidence is Confidence.POSSIBLE else ""


def _object(facts: Mapping[str, str]) -> str:
    """`secret db-pass of kv-shop-prod`, as much of it as is known."""
    named = f"{facts.get('object_type') or 'object'} {facts['object']}" if facts.get("object") else ""
    vault = facts.get("vault", "")
    if named and vault:
        return f"{named} of {vault}"
    return named or (f"vault {vault}" if vault else f"SecretProviderClass {facts['spc']}" if facts.get("spc") else "")


def _reasons(diagnosis: Diagnosis) -> Iterator[str]:
    cause = diagnosis.cause
    yield cause.means
    if diagnosis.because:
        yield f"Here it is: {_kinds(diagnosis.because)}."
    elif cause.candidates:
        yield f"What may be behind it: {_kinds(cause.candidates)}."
    yield cause.todo


def _kinds(slugs: tuple[str, ...]) -> str:
    return "; ".join(f"{CATALOGUE[slug].kind} ({CATALOGUE[slug].code})" for slug in slugs)
