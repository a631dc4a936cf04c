"""When AKS may begin something by itself."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.maintenance import maintenance_of, windows_near


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


SUNDAY = at("2026-11-22T14:45")


def planned(schedule: dict[str, Any], **window: Any) -> dict[str, Any]:
    standard = {"schedule": schedule, "durationHours": 4, "startTime": "16:00"}
    return {"name": "aksManagedAutoUpgradeSchedule", "properties": {"maintenanceWindow": standard | window}}


def spans(configuration: dict[str, Any], now: datetime = SUNDAY) -> list[tuple[str, str]]:
    found = windows_near(configuration, now)
    return [(f"{each.begin:%d %H:%M}", f"{each.end:%d %H:%M}") for each in found]


DAILY = {"daily": {"intervalDays": 1}}
ON_MONDAYS = {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Monday"}}


@pytest.mark.parametrize(
    ("configuration", "found"),
    [
        (planned(DAILY), [("22 16:00", "22 20:00"), ("23 16:00", "23 20:00")]),
        (
            planned(DAILY, startTime="12:00"),
            [("22 12:00", "22 16:00"), ("23 12:00", "23 16:00"), ("24 12:00", "24 16:00")],
        ),
        (planned({"daily": {"intervalDays": 3}}, startDate="2026-11-20"), [("23 16:00", "23 20:00")]),
        (planned(DAILY, startDate="2026-11-24"), []),
        (planned(ON_MONDAYS), [("23 16:00", "23 20:00")]),
        (planned(ON_MONDAYS, utcOffset="+09:00"), [("23 07:00", "23 11:00")]),
        (planned(ON_MONDAYS, utcOffset="-05:30", startTime="23:00"), [("24 04:30", "24 08:30")]),
        (planned(ON_MONDAYS, notAllowedDates=[{"start": "2026-11-23", "end": "2026-11-30"}]), []),
        (planned({"absoluteMonthly": {"intervalMonths": 1, "dayOfMonth": 23}}), [("23 16:00", "23 20:00")]),
        (
            planned({"relativeMonthly": {"intervalMonths": 1, "weekIndex": "Fourth", "dayOfWeek": "Sunday"}}),
            [("22 16:00", "22 20:00")],
        ),
        (planned({"relativeMonthly": {"intervalMonths": 1, "weekIndex": "Last", "dayOfWeek": "Sunday"}}), []),
        (
            {"name": "default", "properties": {"timeInWeek": [{"day": "Sunday", "hourSlots": [14, 20]}]}},
            [("22 14:00", "22 15:00"), ("22 20:00", "22 21:00")],
        ),
        ({"name": "default", "properties": {"timeInWeek": [{"day": "Wednesday", "hourSlots": [1]}]}}, []),
    ],
)
def test_windows_that_are_open_or_near_are_found(configuration: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert spans(configuration) == found


def test_the_31st_is_the_last_day_of_a_shorter_month() -> None:
    monthly = planned({"absoluteMonthly": {"intervalMonths": 1, "dayOfMonth": 31}})
    assert spans(monthly, at("2026-11-30T10:00")) == [("30 16:00", "30 20:00")]


@pytest.mark.parametrize(
    "configuration",
    [
        planned({}),
        planned(DAILY, utcOffset="CET"),
        planned(DAILY, startTime="four"),
        {"name": "default", "properties": {"maintenanceWindowId": "/subscriptions/s/..."}},
    ],
)
def test_what_cannot_be_understood_is_never_no_window(configuration: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="is not understood"):
        maintenance_of([configuration], SUNDAY)


def test_near_windows_come_in_the_order_of_their_time() -> None:
    found = maintenance_of([planned(DAILY, startTime="20:00"), planned(DAILY)], SUNDAY)
    assert [each.begin.hour for each in found.near] == [16, 20, 16, 20]
    assert found.upgrades_scheduled and not maintenance_of([], SUNDAY).upgrades_scheduled
