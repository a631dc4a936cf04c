"""When AKS may upgrade by itself: maintenance configurations, channels; and whether commands may be run."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core.http import Answer
from emulator.worlds.spec import Cluster, Delays, Maintenance
from tests.emulator.arm_client import CLUSTER, Arm, code_of, message_of
from tests.emulator.conftest import Running, StockAz

CONFIGURATIONS = f"{CLUSTER}/maintenanceConfigurations"
AUTO, NODES = "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"
SUNDAYS = {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Sunday"}}
WINDOW = {"schedule": SUNDAYS, "durationHours": 4, "startTime": "02:00"}


def put(client: Arm, name: str, **properties: Any) -> Answer:
    return client("PUT", f"{CONFIGURATIONS}/{name}", {"properties": properties})


def test_the_default_configuration_is_answered_without_what_is_empty() -> None:
    client = Arm()
    made = put(client, "default", timeInWeek=[{"day": "Monday", "hourSlots": [1]}], notAllowedTime=[])
    assert made.status == 200
    assert made.body == {
        "id": f"{CONFIGURATIONS}/default",
        "name": "default",
        "properties": {"timeInWeek": [{"day": "Monday", "hourSlots": [1]}]},
    }
    span = {"start": "2021-11-26T03:00:00.000Z", "end": "2021-11-30T12:00:00.000Z"}
    again = put(client, "DEFAULT", timeInWeek=[{"day": "Tuesday", "hourSlots": [1, 2]}], notAllowedTime=[span])
    assert again.status == 200
    assert again.body["properties"]["notAllowedTime"] == [
        {"start": "2021-11-26T03:00:00Z", "end": "2021-11-30T12:00:00Z"}
    ]
    assert client("GET", CONFIGURATIONS).body == {"value": [again.body]}
    assert client("GET", f"{CONFIGURATIONS}/default").body == again.body


@pytest.mark.parametrize("name", [AUTO, NODES])
@pytest.mark.parametrize(
    "schedule",
    [
        {"daily": {"intervalDays": 3}},
        SUNDAYS,
        {"absoluteMonthly": {"intervalMonths": 3, "dayOfMonth": 1}},
        {"relativeMonthly": {"intervalMonths": 1, "weekIndex": "First", "dayOfWeek": "Monday"}},
    ],
)
def test_a_window_starts_today_in_utc_unless_told_otherwise(name: str, schedule: dict[str, Any]) -> None:
    client = Arm()
    made = put(client, name, maintenanceWindow={**WINDOW, "schedule": {**dict.fromkeys(["daily"]), **schedule}})
    assert made.status == 200
    filled = {"startDate": "2026-03-01", "utcOffset": "+00:00"}
    assert made.body["properties"]["maintenanceWindow"] == {**WINDOW, "schedule": schedule, **filled}
    dates = [{"start": "2026-12-23", "end": "2027-01-03"}]
    own = {**WINDOW, "startDate": "2027-01-01", "utcOffset": "-08:00", "notAllowedDates": dates}
    assert put(client, name, maintenanceWindow=own).body["properties"]["maintenanceWindow"] == own


def test_only_three_names_are_known() -> None:
    refused = put(Arm(), "mine", maintenanceWindow=WINDOW)
    assert code_of(refused) == (400, "InvalidParameter")
    assert message_of(refused) == (
        "Only 'default', 'aksManagedAutoUpgradeSchedule' and 'aksManagedNodeOSUpgradeSchedule' are allowed configNames "
        "for maintenance configuration."
    )


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("default", {}),
        (AUTO, {"timeInWeek": [{"day": "Monday", "hourSlots": [1]}]}),
        (AUTO, {"maintenanceWindow": {**WINDOW, "schedule": {}}}),
        (AUTO, {"maintenanceWindow": {**WINDOW, "schedule": {**SUNDAYS, "daily": {"intervalDays": 1}}}}),
        (AUTO, {"maintenanceWindow": {**WINDOW, "durationHours": 3}}),
        (AUTO, {"maintenanceWindow": {**WINDOW, "startTime": "2am"}}),
        ("default", {"maintenanceWindow": {**WINDOW, "schedule": {"daily": {"intervalDays": 1}}}}),
        ("default", {"maintenanceWindow": {**WINDOW, "schedule": {"weekly": {"intervalWeeks": 2}}}}),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(name: str, properties: dict[str, Any]) -> None:
    client = Arm()
    assert code_of(put(client, name, **properties)) == (400, "InvalidParameter")
    assert client("GET", CONFIGURATIONS).body == {"value": []}


def test_a_configuration_is_deleted_without_a_body() -> None:
    client = Arm()
    put(client, "default", maintenanceWindow=WINDOW)
    gone = client("DELETE", f"{CONFIGURATIONS}/default")
    assert (gone.status, gone.body, client("DELETE", f"{CONFIGURATIONS}/default").status) == (200, None, 204)
    assert code_of(client("GET", f"{CONFIGURATIONS}/default")) == (404, "ResourceNotFound")
    assert code_of(client("GET", f"{CLUSTER}2/maintenanceConfigurations")) == (404, "ResourceNotFound")


def test_a_world_says_channels_windows_and_whether_commands_may_be_run() -> None:
    planned = Cluster(
        auto_upgrade="stable",
        node_os_upgrade="SecurityPatch",
        run_command=False,
        vnet_integration=True,
        maintenance=(Maintenance({"maintenanceWindow": WINDOW}),),
    )
    client = Arm(clusters=(planned,))
    properties = client("GET", CLUSTER).body["properties"]
    assert properties["autoUpgradeProfile"] == {"upgradeChannel": "stable", "nodeOSUpgradeChannel": "SecurityPatch"}
    access = {"enableVnetIntegration": True, "subnetId": "", "disableRunCommand": True}
    assert properties["apiServerAccessProfile"] == access
    assert [one["name"] for one in client("GET", CONFIGURATIONS).body["value"]] == [AUTO]
    assert "apiServerAccessProfile" not in Arm()("GET", CLUSTER).body["properties"]


def test_stock_az_plans_maintenance(running: Running, az: StockAz) -> None:
    emulation = running(delays=Delays(update=0.3, retry_after=0.05))
    on_cluster = ("-g", "shop-rg", "--cluster-name", "shop")
    command = ("aks", "maintenanceconfiguration")
    weekly = ("--schedule-type", "Weekly", "--day-of-week", "Saturday", "--interval-weeks", "1")
    when = ("--start-time", "22:00", "--duration", "4", "--utc-offset", "+05:30", "--start-date", "2026-10-02")
    made = az(emulation, *command, "add", *on_cluster, "-n", AUTO, *weekly, *when)
    assert made.code == 0, made.output
    assert (
        az(emulation, *command, "add", *on_cluster, "-n", "default", "--weekday", "Monday", "--start-hour", "1").code
        == 0
    )
    [auto, default] = az(emulation, *command, "list", *on_cluster).json
    assert auto["maintenanceWindow"]["schedule"]["weekly"] == {"dayOfWeek": "Saturday", "intervalWeeks": 1}
    assert (auto["maintenanceWindow"]["utcOffset"], auto["maintenanceWindow"]["startDate"]) == ("+05:30", "2026-10-02")
    assert default["timeInWeek"] == [{"day": "Monday", "hourSlots": [1]}]
    assert az(emulation, *command, "delete", *on_cluster, "-n", AUTO).code == 0
    assert len(az(emulation, *command, "list", *on_cluster).json) == 1
