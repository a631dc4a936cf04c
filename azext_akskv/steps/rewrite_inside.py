"""The pass over the secrets from inside the cluster: one command after the other, each some minutes of work.

What it counts means the same as in rewrite_pass.py, and the same cursor of the journal goes on with it. A command that
was killed midway has done all up to its last line, and whatever it did behind that is done again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from azext_akskv.engine.step import Run
from azext_akskv.failures import Rejected, Unavailable
from azext_akskv.model.kube import Refused, SecretRef, Switch, Tally
from azext_akskv.model.sweep import MOST_AT_ONCE, Sweep, Swept
from azext_akskv.steps.rewrite_cursor import Cursor, note_finished
from azext_akskv.steps.rewrite_pass import MOST_REFUSED, REWRITE, Order
from azext_akskv.steps.rewrite_progress import Progress

MOST_WITHOUT_PROGRESS = 4
"""Commands in a row that get nowhere, each after waiting for the API server as long as it may."""


@dataclass
class InsidePass:
    """`tally` is right at any moment, also when the pass is interrupted or fails."""

    run: Run
    order: Order
    switch: Switch | None
    cursor: Cursor | None
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = self.cursor.tally if self.cursor else Tally()
        self._unreadable: dict[SecretRef, Refused] = {}
        self._clean = True

    def carry_out(self) -> None:
        """Raises GatewayError when the cluster cannot be asked any more, Rejected when very many are refused."""
        progress = Progress(self.run, self.tally.total, self.order.expected)
        order, idle = self._first(), 0
        while True:
            swept = self.run.ports.inside.sweep(order)
            self._add(swept)
            progress.show(self.tally)
            if swept.ended == "done":
                break
            idle = 0 if swept.position else idle + 1
            if idle >= MOST_WITHOUT_PROGRESS:
                raise Unavailable(REWRITE, "no-progress", f"{idle} commands in the cluster in a row got nowhere")
            order = self._following(order, swept)
        for unread in self._unreadable.values():
            self.tally = self.tally.plus(Tally(total=1, refused=(unread,)))

    def _first(self) -> Sweep:
        rate = self.order.per_second
        return Sweep(
            namespaces=self.order.namespaces,
            after=self.cursor.secret if self.cursor else None,
            r0=self.switch.r0 if self.switch else None,
            per_second=rate,
            gentle=self.order.gentle,
            at_once=min(MOST_AT_ONCE, max(1, round(rate / 2))) if rate else MOST_AT_ONCE,
        )

    def _following(self, order: Sweep, swept: Swept) -> Sweep:
        rate = min(order.per_second, swept.per_second) if swept.per_second else order.per_second
        at_once = min(order.at_once, swept.at_once)
        return replace(order, after=swept.position or order.after, per_second=rate, at_once=at_once)

    def _add(self, swept: Swept) -> None:
        before = self.tally
        self._unreadable |= {each.secret: each for each in swept.unreadable}
        if swept.finished and self._clean and not self._unreadable:
            namespace, tally = swept.finished
            note_finished(self.run, self.switch, SecretRef(namespace, ""), before.plus(tally))
        self.tally = before.plus(swept.tally)
        self._clean = self._clean and not (swept.tally.unproved or swept.tally.refused)
        if len(self.tally.refused) >= MOST_REFUSED:
            raise Rejected(REWRITE, "secrets-refused", f"{MOST_REFUSED} secrets were refused; stopped there")
