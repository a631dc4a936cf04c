"""What texts told of the Key Vault provider: as data, as a table, and as a story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from azext_akskv.engine.result import EXIT_DONE, EXIT_REFUSED, EXIT_UNKNOWN
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.provider.diagnosis import Diagnosis
from azext_akskv.model.provider.findings import by_gravity, findings_of
from azext_akskv.model.provider.reading import Reading
from azext_akskv.model.provider.remedy import Place, filled
from azext_akskv.report.plain import plain
from azext_akskv.report.rows import Row, finding_row
from azext_akskv.report.text import SHOWN, Line, finding_lines

_FACTS = {
    "node": "node",
    "namespace": "namespace",
    "vault": "vault",
    "objectType": "object_type",
    "object": "object",
    "secretProviderClass": "spc",
    "clientId": "client_id",
    "objectId": "object_id",
}


def reading_row(reading: Reading, place: Place) -> Row:
    """Findings as every command has them; each that a line proves has that line and what stands around it beside."""
    findings = findings_of(reading, place)
    proofs: list[Row | None] = [_evidence(each, place) for each in by_gravity(reading.diagnoses)]
    return {
        "cluster": plain(place.cluster) or None,
        "resourceGroup": plain(place.group) or None,
        "read": {
            "lines": reading.lines,
            "entries": reading.entries,
            "goodMounts": reading.mounts,
            "noise": reading.noise,
        },
        "findings": [
            finding_row(finding) | {"evidence": evidence}
            for finding, evidence in zip(findings, proofs or [None], strict=True)
        ],
    }


def _evidence(diagnosis: Diagnosis, place: Place) -> Row:
    cause, facts = diagnosis.cause, diagnosis.facts
    return {
        "source": plain(diagnosis.source) or None,
        "line": diagnosis.line,
        "text": plain(diagnosis.proof),
        "count": diagnosis.count,
        "first": str(diagnosis.first) if diagnosis.first else None,
        "last": str(diagnosis.last) if diagnosis.last else None,
        "phase": diagnosis.phase,
        "confidence": diagnosis.confidence.word,
        "healed": diagnosis.healed,
        "pods": [plain(pod) for pod in diagnosis.pods],
        **{key: plain(facts[name]) if facts.get(name) else None for key, name in _FACTS.items()},
        "causeNumbers": {"provider": cause.provider_number, "addOn": cause.addon_number},
        "look": [plain(each) for each in filled(cause.see, facts, place)],
    }


def reading_lines(reading: Reading, findings: Sequence[Finding], shown: Sequence[State] = SHOWN) -> list[Line]:
    """What was read, what came of it, and each finding with its remedy."""
    states = Counter(finding.state for finding in findings)
    names = {State.ERROR: "in error", State.UNKNOWN: "unknown", State.WARNING: "healed"}
    parts = [f"{states[state]} {name}" for state, name in names.items() if states[state]] or ["no failure"]
    head = f"Read {reading.lines:,} line{'s' * (reading.lines != 1)}: {', '.join(parts)}"
    return [Line("", head), *finding_lines(findings, shown)]


def exit_code_of_reading(findings: Iterable[Finding]) -> int:
    """4 when a cause is found that is not healed, 5 when something stays unknown, else 0."""
    states = {finding.state for finding in findings}
    if State.ERROR in states:
        return EXIT_REFUSED
    return EXIT_UNKNOWN if State.UNKNOWN in states else EXIT_DONE
