"""Where a killed rewrite goes on.

The namespaces are taken in the order of their names, so one name says which are finished. Finished means: every secret
in them was seen with a resourceVersion above R0 of the present Switch, or gone. Such a secret was written after the
API servers had changed over, and whatever writes it later does so under the same key or a newer one; a newer one comes
with another Switch, so another R0, and the cursor is void. That is why nothing in these namespaces is looked at again.
A namespace with a refused or an unproved secret is never finished, and neither is any behind it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from azext_akskv.engine.step import Fact, Run
from azext_akskv.model import members
from azext_akskv.model.ids import BadInput
from azext_akskv.model.kube import Switch, Tally

EVERY_SECONDS = 5.0
"""Between two lines of the journal: it stays small however many namespaces there are."""

COUNTED = ("total", "rewritten", "current", "gone", "conflicts_resolved")


@dataclass(frozen=True)
class Cursor:
    """Everything up to and with `namespace` is finished; `tally` counts it."""

    r0: int
    namespace: str
    tally: Tally

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises BadInput."""
        try:
            raw = members.whole(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise BadInput(f"not a cursor: {error}") from error
        counts: dict[str, Any] = {name: members.number(raw, name) or 0 for name in COUNTED}
        return cls(members.number(raw, "r0") or 0, members.text(raw, "namespace"), Tally(**counts))

    def __str__(self) -> str:
        counts = asdict(self.tally)
        return json.dumps({"r0": self.r0, "namespace": self.namespace, **{name: counts[name] for name in COUNTED}})


CURSOR = Fact("rewrite-cursor", Cursor.parse)


def cursor_of(run: Run, switch: Switch | None) -> Cursor | None:
    """Where an earlier attempt of this run stopped; None when there was none, when the key was changed since, or when
    somebody spoiled the note: then everything is looked at again."""
    if switch is None or CURSOR not in run:
        return None
    cursor = run[CURSOR]
    return cursor if cursor.r0 == switch.r0 else None


class Bookmark:
    """Notes finished namespaces in the journal while the pass goes through them in order."""

    def __init__(self, run: Run, switch: Switch | None) -> None:
        self._run = run
        self._switch = switch
        self._namespace = ""
        self._clean = True
        self._noted = run.clock.monotonic()

    def passed(self, namespace: str, before: Tally, clean: bool) -> None:
        """A secret of that namespace was counted; `before` is the tally without it."""
        if self._namespace and namespace != self._namespace:
            self._finished(self._namespace, before)
        self._namespace = namespace
        self._clean = self._clean and clean

    def _finished(self, namespace: str, tally: Tally) -> None:
        now = self._run.clock.monotonic()
        if self._switch and self._clean and now - self._noted >= EVERY_SECONDS:
            self._noted = now
            cursor = Cursor(self._switch.r0, namespace, tally)
            self._run.journal.write("progress", facts={CURSOR.name: str(cursor)})
