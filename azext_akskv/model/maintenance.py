"""Planned maintenance of a cluster: when AKS may begin something by itself. [D: AKS, planned maintenance]"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.members import Json, child, children, text, whole

DAYS = tuple(name.lower() for name in calendar.day_name)
WEEKS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
LOOK_AHEAD = timedelta(days=2)
"""Windows are looked for so far ahead: no change that we make takes longer."""


@dataclass(frozen=True)
class Window:
    """One time in which AKS may begin. `what` is the maintenance configuration's name."""

    what: str
    begin: datetime
    end: datetime


@dataclass(frozen=True)
class Maintenance:
    """The maintenance configurations that there are, and their windows that are open or near."""

    configured: tuple[str, ...]
    near: tuple[Window, ...]

    @property
    def upgrades_scheduled(self) -> bool:
        """Whether a window says when the cluster may upgrade itself."""
        return bool({"aksmanagedautoupgradeschedule", "default"} & {name.lower() for name in self.configured})


def maintenance_of(configurations: list[Json], now: datetime) -> Maintenance:
    """Raises BadInput when a configuration is not what AKS documents."""
    try:
        near = sorted((each for raw in configurations for each in windows_near(raw, now)), key=lambda each: each.begin)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise BadInput(f"a maintenance configuration is not understood: {in_short(str(error), 200)}") from error
    return Maintenance(tuple(text(raw, "name") for raw in configurations), tuple(near))


def windows_near(configuration: Json, now: datetime) -> Iterator[Window]:
    """The windows of a maintenance configuration (ARM's JSON) that are open at `now` or begin soon after.

    Raises ArithmeticError, LookupError, TypeError or ValueError when it is not what AKS documents.
    """
    name, properties = text(whole(configuration), "name"), child(configuration, "properties")
    window = child(properties, "maintenanceWindow")
    if not window and text(properties, "maintenanceWindowId"):  # a window shared by several clusters, in preview
        raise ValueError(f"{name} refers to a maintenance window that is kept elsewhere")
    found = _scheduled(name, window, now) if window else _by_the_week(name, children(properties, "timeInWeek"), now)
    for each in found:
        if each.begin < now + LOOK_AHEAD and each.end > now:
            yield each


def _by_the_week(name: str, slots: list[Json], now: datetime) -> Iterator[Window]:
    """The `default` configuration: hours of days of the week, in UTC."""
    for day in _dates(now.date()):
        for slot in slots:
            if DAYS[day.weekday()] == text(slot, "day").lower():
                for hour in slot.get("hourSlots") or range(24):
                    begin = datetime.combine(day, time(int(hour)), timezone.utc)
                    yield Window(name, begin, begin + timedelta(hours=1))


def _scheduled(name: str, window: Json, now: datetime) -> Iterator[Window]:
    zone = timezone(_offset(window.get("utcOffset") or "+00:00"))
    hour, minute = text(window, "startTime").split(":")
    starts = date.fromisoformat(window["startDate"]) if window.get("startDate") else date.min
    for day in _dates(now.astimezone(zone).date()):
        if day >= starts and _due(child(window, "schedule"), day, starts) and not _barred(window, day):
            begin = datetime.combine(day, time(int(hour), int(minute)), zone).astimezone(timezone.utc)
            yield Window(name, begin, begin + timedelta(hours=int(window["durationHours"])))


def _due(schedule: Json, day: date, starts: date) -> bool:
    """Of a schedule that skips weeks or months only AKS knows where it began, unless it has a start date; without one
    every occurrence counts, so that none is missed."""
    if daily := child(schedule, "daily"):
        return starts == date.min or (day - starts).days % int(daily["intervalDays"]) == 0
    if weekly := child(schedule, "weekly"):
        return DAYS[day.weekday()] == text(weekly, "dayOfWeek").lower()
    if monthly := child(schedule, "absoluteMonthly"):
        return day.day == min(int(monthly["dayOfMonth"]), calendar.monthrange(day.year, day.month)[1])
    monthly = child(schedule, "relativeMonthly")
    weekday, week = text(monthly, "dayOfWeek").lower(), text(monthly, "weekIndex").lower()
    return day == _nth(day, DAYS.index(weekday), WEEKS[week])


def _nth(day: date, weekday: int, number: int) -> date:
    """The first, second, ... or last such weekday in the month of `day`."""
    month = [day.replace(day=each) for each in range(1, calendar.monthrange(day.year, day.month)[1] + 1)]
    return [each for each in month if each.weekday() == weekday][number]


def _barred(window: Json, day: date) -> bool:
    spans = children(window, "notAllowedDates")
    return any(date.fromisoformat(span["start"]) <= day <= date.fromisoformat(span["end"]) for span in spans)


def _dates(today: date) -> Iterator[date]:
    """From yesterday, whose window may still be open, to where looking ahead ends."""
    for days in range(-1, LOOK_AHEAD.days + 2):
        yield today + timedelta(days=days)


def _offset(of: str) -> timedelta:
    match = re.fullmatch(r"([+-])(\d{1,2}):(\d{2})", of)
    if not match:
        raise ValueError(f"not an offset from UTC: {of!r}")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -offset if match[1] == "-" else offset
