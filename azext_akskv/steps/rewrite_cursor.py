"""Where a killed rewrite goes on.

The secrets are taken in the order of their namespaces' names and of their own, so one secret says which are finished.
Finished means: each up to it was seen with a resourceVersion above R0 of the present Switch, or gone. Such a secret was
written after the API servers had changed over, and whatever writes it later, or makes a new one before it, does so
under the same key or a newer one; a newer one comes with another Switch, so another R0, and the cursor is void. That is
why nothing up to it is looked at again. A refused or an unproved secret is never finished, nor is any behind it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from azext_akskv.engine.step import Fact, Run
from azext_akskv.model import members
from azext_akskv.model.ids import BadInput
from azext_akskv.model.kube import SecretRef, Switch, Tally

EVERY_SECONDS = 5.0
"""Between two lines of the journal: it stays small however many secrets there are."""

COUNTED = ("total", "rewritten", "current", "gone", "conflicts_resolved")


@dataclass(frozen=True)
class Cursor:
    """Everything up to and with `secret` is finished; `tally` counts it."""

    r0: int
    secret: SecretRef
    tally: Tally

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises BadInput."""
        try:
            raw = members.whole(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise BadInput(f"not a cursor: {error}") from error
        counts: dict[str, Any] = {name: members.number(raw, name) or 0 for name in COUNTED}
        secret = SecretRef(members.text(raw, "namespace"), members.text(raw, "name"))
        return cls(members.number(raw, "r0") or 0, secret, Tally(**counts))

    def __str__(self) -> str:
        counts = asdict(self.tally)
        place = {"r0": self.r0, "namespace": self.secret.namespace, "name": self.secret.name}
        return json.dumps({**place, **{name: counts[name] for name in COUNTED}})


CURSOR = Fact("rewrite-cursor", Cursor.parse)


def cursor_of(run: Run, switch: Switch | None) -> Cursor | None:
    """Where an earlier attempt of this run stopped; None when there was none, when the key was changed since, or when
    somebody spoiled the note: then everything is looked at again."""
    if switch is None or CURSOR not in run:
        return None
    cursor = run[CURSOR]
    return cursor if cursor.r0 == switch.r0 else None


class Bookmark:
    """Notes in the journal how far all is finished, while the pass goes through the secrets in order."""

    def __init__(self, run: Run, switch: Switch | None) -> None:
        self._run = run
        self._switch = switch
        self._clean = True
        self._noted = run.clock.monotonic()

    def passed(self, secret: SecretRef, tally: Tally, clean: bool) -> None:
        """A secret was counted, and is in the tally."""
        self._clean = self._clean and clean
        if self._switch is None or not self._clean:
            return
        now = self._run.clock.monotonic()
        if now - self._noted >= EVERY_SECONDS:
            self._noted = now
            cursor = Cursor(self._switch.r0, secret, tally)
            self._run.journal.write("progress", facts={CURSOR.name: str(cursor)})
