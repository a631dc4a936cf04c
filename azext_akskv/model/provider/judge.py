"""One record judged: which cause, in which phase, how sure, and the line that proves it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from azext_akskv.model.provider.catalogue import CATALOGUE
from azext_akskv.model.provider.cause import ROTATION
from azext_akskv.model.provider.clean import comparable, redacted, shown
from azext_akskv.model.provider.facts import WHERE, facts_of
from azext_akskv.model.provider.match import Confidence, Match
from azext_akskv.model.provider.record import Kind, Record
from azext_akskv.model.provider.rules import classify, classify_prose

_SHAPELESS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{5,}")
"""Ids and long numbers; shorter ones (a status, a port) may decide, and Entra's longer ones always do."""
_VOLATILE = re.compile(
    r"(?:Trace ID|Correlation ID|Timestamp): ?[\w-]+(?: [\d:]+Z)?|Current time: \S+|read (?:udp|tcp) \S+->"
    r"|\(x\d+ over \w+\)"
)
"""What is another in each repetition of the same error."""
_ROTATION = re.compile(
    r'provider mount err|isRemountRequest="?true|controller="rotation"|failed to reconcile spc'
    r"|(?:Mount|Secret)RotationFailed|rotation_reconcile_error"
)
_REFUSED = ("forbidden_rbac", "forbidden_policy", "forbidden_firewall", "forbidden_connection", "forbidden_unclear")
_KEPT = 4096
"""Judgements that are remembered."""


@dataclass(frozen=True)
class Expected:
    """The identity that should ask the vault, where it is known. Empty: unknown."""

    object_id: str = ""


@dataclass(frozen=True)
class Judgement:
    slug: str
    phase: str
    confidence: Confidence
    proof: str
    facts: dict[str, str]


class Judge:
    """Judges records, and remembers: the same error comes again and again, with another trace id."""

    def __init__(self, expected: Expected | None = None) -> None:
        self._expected = expected or Expected()
        self._known: dict[tuple[object, ...], Judgement | None] = {}
        self._unmatched: dict[tuple[object, ...], Judgement | None] = {}
        """Of texts that no rule knows, by what is left without ids and numbers."""

    def judge(self, record: Record) -> Judgement | None:
        """None where the record tells of no cause and is no error by its own severity."""
        key = (
            record.kind,
            record.grave,
            record.whole,
            record.reason,
            tuple(sorted(record.known.items())),
            _VOLATILE.sub("", record.texts[0]),
        )
        if key not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[key] = self._judge_new(record)
        return self._known[key]

    def _judge_new(self, record: Record) -> Judgement | None:
        shape = (record.kind, record.grave, record.reason, _SHAPELESS.sub("#", record.texts[0]))
        if shape in self._unmatched:
            return self._unmatched[shape]
        judgement = self._judge(record)
        if (judgement is None or judgement.slug == "not_understood") and len(self._unmatched) < _KEPT:
            self._unmatched[shape] = judgement
        return judgement

    def _judge(self, record: Record) -> Judgement | None:
        text, match = self._best(record)
        rotation = record.reason.endswith("RotationFailed") or bool(_ROTATION.search(text))
        if match is None:
            if not record.grave:
                return None
            match = Match("rotation_failing" if rotation else "not_understood", 0, 0, Confidence.POSSIBLE)
        facts = facts_of(text, record.known, WHERE) if match.slug == "not_understood" else facts_of(text, record.known)
        slug = self._whose(match.slug, facts)
        confidence = match.confidence
        if not record.whole or (record.kind is Kind.PROSE and confidence is Confidence.LIKELY):
            confidence = Confidence(max(confidence - 1, Confidence.POSSIBLE))
        phase = ROTATION if rotation else CATALOGUE[slug].phase
        return Judgement(slug, phase, confidence, shown(text, match.start, match.end), facts)

    def _best(self, record: Record) -> tuple[str, Match | None]:
        """The reading that tells most. What the first line alone is certain of goes before what follows it, which may
        be something else altogether."""
        rules: Callable[[str], Match | None] = classify_prose if record.kind is Kind.PROSE else classify
        if record.first_line:
            line = redacted(comparable(record.first_line))
            match = rules(line)
            if match and match.confidence is Confidence.CERTAIN:
                return line, match
        texts = [redacted(comparable(text)) for text in record.texts]
        readings = [(text, rules(text)) for text in texts]
        certain = [each for each in readings if each[1] and each[1].confidence is Confidence.CERTAIN]
        return next(iter((*certain, *(each for each in readings if each[1]), *readings)))

    def _whose(self, slug: str, facts: dict[str, str]) -> str:
        """A refusal of somebody else than who should ask has that as its cause."""
        asked, wanted = facts.get("object_id", "").lower(), self._expected.object_id.lower()
        return "wrong_principal" if slug in _REFUSED and asked and wanted and asked != wanted else slug
