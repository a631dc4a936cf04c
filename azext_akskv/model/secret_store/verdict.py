"""How a copy stands: what its conditions come to, whether what pods read is old, and whether anybody copies at all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from azext_akskv.model.finding import State
from azext_akskv.model.secret_store.extension import Settings
from azext_akskv.model.secret_store.partial import ItemTold, items_told, shown_message
from azext_akskv.model.secret_store.statuses import Meaning, Told, meaning_of, told_of
from azext_akskv.model.secret_store.sync import Condition, SecretSync

SILENCE = timedelta(minutes=1)
"""After that an empty status says that nobody watches. [D]"""
SLACK = 1.1
"""Of interval and jitter together: what a copy may take beside. [OWN]"""
_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Verdict:
    """`told`: what its deciding condition means; None: there is no condition. `served`: pods go on with a Secret that
    was copied before, which is what the extension is for while the vault cannot be reached: no outage. `stale`: it is
    older than it may be. `silent`: the status stays empty, so nobody watches. `message`: in one line, no credential."""

    told: Told | None
    state: State
    served: bool = False
    stale: bool = False
    silent: bool = False
    age: timedelta | None = None
    message: str = ""
    items: tuple[ItemTold, ...] = ()
    at: datetime | None = None

    @property
    def meaning(self) -> Meaning:
        return self.told.meaning if self.told else Meaning.PENDING


def deciding(conditions: Collection[Condition]) -> Condition | None:
    """The newest wins. Of several of the same second one that tells of a failure, then of a success, then that nothing
    was tried; after that one of renewing the Secret before one of making it."""
    return max(conditions, key=_weight, default=None)


def oldest_allowed(settings: Settings) -> timedelta:
    """A copy may be this old. [D: interval and jitter; OWN: a tenth more]"""
    return timedelta(seconds=(settings.poll + settings.jitter) * SLACK)


def verdict_of(sync: SecretSync, settings: Settings, now: datetime) -> Verdict:
    """`now` is in UTC."""
    age = sync.age(now)
    stale = age is not None and age > oldest_allowed(settings)
    found = deciding(sync.conditions)
    if found is None:
        silent = sync.created is not None and now - sync.created > SILENCE
        return Verdict(None, State.ERROR if silent else State.UNKNOWN, silent=silent, stale=stale, age=age)
    told = told_of(found.reason, found.creating, found.message)
    copied = sync.last_success is not None or any(_was_good(each) for each in sync.conditions)
    served = copied and not told.meaning.good and told.meaning is not Meaning.PENDING
    items = items_told(found.message) if found.message.lstrip()[:1] in ("{", "[") else ()
    return Verdict(
        told,
        _state(told, found, stale),
        served=served,
        stale=stale,
        age=age,
        message="" if items else shown_message(found.message),
        items=items,
        at=found.at,
    )


def _state(told: Told, found: Condition, stale: bool) -> State:
    """A reason that sounds good does not count where the condition's status is False."""
    if told.state is State.OK and found.status.lower() == "false":
        return State.UNKNOWN
    if told.meaning is Meaning.UNKNOWN and found.status.lower() == "false":
        return State.ERROR
    return State.WARNING if told.state is State.OK and stale else told.state


def _was_good(condition: Condition) -> bool:
    """It made the Secret, or renewed it."""
    return condition.good and meaning_of(condition.reason) not in (Meaning.PENDING, Meaning.UNKNOWN)


def _weight(condition: Condition) -> tuple[datetime, int, bool]:
    meaning = meaning_of(condition.reason)
    gravity = 0 if meaning is Meaning.PENDING else 1 if meaning.good else 2
    return condition.at or _LONG_AGO, gravity, condition.creating is not True
