"""One pass over the secrets: each gets an empty patch, which rewrites it where it is stale.

Nothing here holds more than a page of names and a window of patches, however many secrets there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

from azext_akskv.engine.connections import MOST, Connections, Pacer
from azext_akskv.engine.pace import Inline, RateLimit
from azext_akskv.engine.read_ahead import AHEAD, ReadAhead
from azext_akskv.engine.secret_walk import SecretWalk
from azext_akskv.engine.step import Run
from azext_akskv.failures import Conflict, Denied, GatewayError, Missing, Rejected, Throttled
from azext_akskv.model.kube import Refused, SecretPage, SecretRef, Switch, Tally, is_platforms
from azext_akskv.ports import Touched
from azext_akskv.steps.rewrite_cursor import Bookmark, Cursor
from azext_akskv.steps.rewrite_patience import Patience
from azext_akskv.steps.rewrite_progress import Progress

REWRITE = "rewrite every secret"
Pool = Connections | Inline

WINDOW = 4
"""Patches under way or done but not yet counted, for each connection."""
MOST_REFUSED = 1000
"""With more of them nobody reads on: something refuses everything, and the pass stops."""
REASON_LENGTH = 240


@dataclass(frozen=True)
class Order:
    """Which secrets are rewritten, and how fast. No namespaces: all. `per_second` 0: no limit. `connections`: at most.
    `expected` is how many there are, when they were counted. `gentle`: KMS v1, where too high a rate makes the API
    server unready."""

    per_second: float
    connections: int = MOST
    namespaces: tuple[str, ...] = ()
    expected: int | None = None
    gentle: bool = False


@dataclass(frozen=True)
class Listed:
    """A secret as a list showed it: what it is stored under later than `version` was written after that list."""

    secret: SecretRef
    version: int


@dataclass(frozen=True)
class Answered:
    """What the API server said to a patch, and when (monotonic)."""

    outcome: Touched | GatewayError
    at: float


@dataclass
class Pass:
    """`tally` is right at any moment, also when the pass is interrupted or fails."""

    run: Run
    order: Order
    switch: Switch | None
    cursor: Cursor | None
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = self.cursor.tally if self.cursor else Tally()
        self._limit = RateLimit(self.run.clock, self.order.per_second)
        self._patience = Patience(self.run, self._limit, self.order.gentle)
        self._secrets = self.run.ports.secrets
        self._walk = SecretWalk(self._secrets)
        self._bookmark = Bookmark(self.run, self.switch)
        self._progress = Progress(self.run, self.tally.total, self.order.expected)

    def carry_out(self) -> None:
        """Raises GatewayError or TookTooLong when the API server cannot be asked any more."""
        alone = self.run.serial or self.order.connections == 1
        with Inline() if alone else Connections(Pacer(self.order.connections)) as pool:
            for listed, outcome, conflicts in self._answers(pool):
                self._count(listed, outcome, conflicts)
        for unread in self._walk.unreadable:
            self._refuse(unread)

    def _listed(self, pool: Pool) -> Iterator[Listed]:
        """Every secret to rewrite, namespace by namespace in the order of their names."""
        everywhere = self._patience.ask(self._secrets.namespaces)
        wanted = set(self.order.namespaces or everywhere)
        begin = self.cursor.secret if self.cursor else SecretRef("", "")
        namespaces = sorted(each for each in wanted if each > begin.namespace)
        ahead = ReadAhead(pool, self._secrets.page, namespaces, 1 if isinstance(pool, Inline) else AHEAD)

        def read(namespace: str, after: str | None, limit: int) -> SecretPage:
            return self._patience.ask(lambda: ahead.page(namespace, after, limit))

        walk = self._walk = SecretWalk(self._secrets, read)
        begun = [begin.namespace] if begin.name and begin.namespace in wanted else []
        for namespace in (*begun, *namespaces):
            for page in walk.pages(namespace, begin.name if namespace == begin.namespace else ""):
                yield from (Listed(secret, page.version) for secret in page.secrets)

    def _answers(self, pool: Pool) -> Iterator[tuple[Listed, Touched | GatewayError, int]]:
        """Each secret's last answer in the order of listing, and the conflicts on the way to it."""
        under_way: deque[tuple[Listed, Future[Answered]]] = deque()
        for listed in self._listed(pool):
            while under_way and (len(under_way) >= WINDOW * pool.number or under_way[0][1].done()):
                yield self._settled(*under_way.popleft())
            self._patience.keep_healthy()
            self._limit.take()
            under_way.append((listed, pool.submit(self._touch, listed.secret, pool)))
        while under_way:
            yield self._settled(*under_way.popleft())

    def _touch(self, secret: SecretRef, pool: Pool | None = None) -> Answered:
        """Runs in a thread of the pool, and never waits there: a thread that sleeps cannot be interrupted."""
        begun = self.run.clock.monotonic()
        try:
            outcome: Touched | GatewayError = self._secrets.touch(secret)
        except GatewayError as error:
            outcome = error
        ended = self.run.clock.monotonic()
        if pool:
            pool.answered(ended - begun, isinstance(outcome, Throttled))
        return Answered(outcome, ended)

    def _settled(self, listed: Listed, future: Future[Answered]) -> tuple[Listed, Touched | GatewayError, int]:
        """Asks again, in the calling thread, for as long as that may help."""
        answer, tries, conflicts = future.result(), 1, 0
        while isinstance(answer.outcome, GatewayError) and self._patience.allows(answer.outcome, answer.at, tries):
            conflicts += isinstance(answer.outcome, Conflict)
            answer, tries = self._touch(listed.secret), tries + 1
        return listed, answer.outcome, conflicts

    def _count(self, listed: Listed, outcome: Touched | GatewayError, conflicts: int) -> None:
        if isinstance(outcome, Denied) and outcome.code == "Unauthorized":
            raise outcome  # nothing that follows would fare better
        newer = isinstance(outcome, Touched) and self.switch is not None and outcome.version > self.switch.r0
        clean = (newer or isinstance(outcome, Missing)) and not self._walk.unreadable
        if isinstance(outcome, Touched):
            self._touched(outcome, outcome.version > listed.version, newer, conflicts)
        elif isinstance(outcome, Missing):
            self._add(Tally(total=1, gone=1))
        else:
            self._refuse(Refused(listed.secret, reason(outcome), is_platforms(outcome.message)))
        self._bookmark.passed(listed.secret, self.tally, clean)

    def _touched(self, touched: Touched, rewritten: bool, newer: bool, conflicts: int) -> None:
        self._add(
            Tally(
                total=1,
                rewritten=int(rewritten),
                current=int(not rewritten),
                conflicts_resolved=conflicts + touched.conflicts,
                unproved=int(not rewritten and not newer),
            )
        )

    def _refuse(self, refused: Refused) -> None:
        self._add(Tally(total=1, refused=(refused,)))
        if len(self.tally.refused) >= MOST_REFUSED:
            raise Rejected(REWRITE, "secrets-refused", f"{MOST_REFUSED} secrets were refused; stopped there")

    def _add(self, one: Tally) -> None:
        self.tally = self.tally.plus(one)
        self._progress.show(self.tally)


def reason(error: GatewayError) -> str:
    """The server's own words, shortened."""
    words = " ".join(error.message.split()) or error.code or type(error).__name__
    return words if len(words) <= REASON_LENGTH else f"{words[:REASON_LENGTH]}..."
