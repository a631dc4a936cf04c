"""While a run is under way, operators on other machines are told of it: it has the cluster's Lease, and renews it.

The Lease keeps out who looks; it does not make two writes one. What a change of the cluster stands on is If-Match and
AKS's own 409. So a run goes on where the API server does not answer, as it does not while its key changes.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from azext_akskv.engine.step import Run
from azext_akskv.failures import Conflict, GatewayError

GIVING_UP = 5.0
"""Seconds that the end of a run waits for a renewal that is just being asked for."""
MOST_OFTEN = 15.0
"""Seconds between two renewals at least, however fast an emulation's time goes."""


class Hold:
    """One run's. `check` is asked before each act."""

    def __init__(self, run: Run, who: str, dead: Collection[str]) -> None:
        self._run = run
        self._who = who
        self._dead = dead
        self._lasts = max(1, round(run.waits.lease))  # Kubernetes counts in whole seconds
        self._slept = max(self._lasts, 4 * MOST_OFTEN)
        self._renewed = run.clock.now()
        self._lost: Conflict | None = None
        self._told = False
        self._over = threading.Event()
        self._keeper: threading.Thread | None = None

    def acquire(self) -> None:
        """Raises GatewayError; Conflict where another run has it."""
        self._run.ports.lease.acquire(self._run.id, self._who, self._lasts, self._dead)
        self._renewed, self._told = self._run.clock.now(), True

    def check(self) -> None:
        """Whether it is still this run's turn. A machine that slept wakes up to a Lease that may be another's.

        Raises Conflict where it is.
        """
        if self._lost is None and (self._run.clock.now() - self._renewed).total_seconds() > self._slept:
            self._renew()
        if self._lost is not None:
            raise self._lost

    def keep(self) -> None:
        """Renews it until the run is over, in a thread of its own."""
        self._keeper = threading.Thread(target=self._keep, name="akskv-lease", daemon=True)
        self._keeper.start()

    def _keep(self) -> None:
        while not self._over.wait(max(MOST_OFTEN, self._run.waits.lease_renewal)):
            self._renew()

    def release(self) -> None:
        """Where the API server did not answer lately it is not asked: what is not given back lapses by itself."""
        self._over.set()
        if self._keeper:
            self._keeper.join(GIVING_UP)
        still_asking = self._keeper is not None and self._keeper.is_alive()
        if self._told and self._lost is None and not still_asking:
            with suppress(GatewayError):
                self._run.ports.lease.release(self._run.id)

    def _renew(self) -> None:
        self._told = False
        with suppress(GatewayError, ValueError):  # the API server may be restarting; the next time will tell
            try:
                self.acquire()
            except Conflict as error:
                self._lost = error


@contextmanager
def holding(run: Run, who: str, dead: Collection[str]) -> Iterator[None]:
    """Has the Lease while the block runs. `dead` are runs whose Lease may be taken: this machine's own, whose lock is
    held. Raises Conflict where another run has it; where it cannot be had for another reason the run says so, and goes
    on."""
    hold = Hold(run, who, dead)
    try:
        hold.acquire()
    except Conflict:
        raise
    except GatewayError as error:
        run.reporter.note(f"Operators on other machines are not told of this run for now: {error}")
    run.still_ours = hold.check
    if not run.serial:
        hold.keep()
    try:
        yield
    finally:
        hold.release()
