"""The way in: texts in, causes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from azext_akskv.model.provider.diagnosis import Diagnosis, Groups
from azext_akskv.model.provider.judge import Expected, Judge
from azext_akskv.model.provider.lines import Lines
from azext_akskv.model.provider.record import Kind


@dataclass(frozen=True)
class Reading:
    """`entries`: how many entries of logs and events were seen, good or bad; none means that the text is no such thing.
    `noise`: errors that are known to mean nothing."""

    diagnoses: tuple[Diagnosis, ...] = ()
    lines: int = 0
    entries: int = 0
    mounts: int = 0
    """That went well."""
    noise: int = 0


class Texts:
    """Several texts that belong together: a provider's log, a driver's, the events."""

    def __init__(self, expected: Expected | None = None) -> None:
        self._judge = Judge(expected)
        self._groups = Groups()
        self._lines = self._entries = self._mounts = self._noise = 0

    def read(self, lines: Iterable[str], source: str = "", node: str = "") -> None:
        """One text, line by line. `node`: where it is from, when that is known."""
        reader = Lines()
        for each in reader.records(lines):
            record = replace(each, known={"node": node, **each.known}) if node else each
            if record.kind is Kind.MOUNTED:
                self._mounts += 1
                self._groups.mounted(record)
            elif judgement := self._judge.judge(record):
                self._groups.add(judgement, record, source)
        self._lines += reader.count
        self._entries += reader.entries
        self._noise += reader.noise

    def reading(self) -> Reading:
        """What all of them come to."""
        return Reading(self._groups.diagnoses(), self._lines, self._entries, self._mounts, self._noise)


def read_texts(lines: Iterable[str], source: str = "", expected: Expected | None = None) -> Reading:
    """The causes that one text tells of: a log of the provider or the driver, events, `kubectl describe`, metrics, a
    page of a document. Streams; what is no error is passed over, what is one and is not understood comes back so."""
    texts = Texts(expected)
    texts.read(lines, source)
    return texts.reading()
