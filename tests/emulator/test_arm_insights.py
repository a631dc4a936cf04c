"""Microsoft.Insights/diagnosticSettings: whether somebody keeps the log of a vault."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.core.http import Answer
from emulator.worlds.spec import TENANT, Vault
from tests.emulator.arm_client import CLUSTER, GROUP, IDENTITY, VAULT, Arm, code_of, message_of
from tests.emulator.conftest import Running, StockAz

INSIGHTS = "providers/Microsoft.Insights"
VERSION = "api-version=2021-05-01-preview"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"
OFF = (Vault(audit_log=False),)


def put(client: Arm, *logs: dict[str, Any], resource: str = VAULT, **properties: Any) -> Answer:
    url = f"{resource}/{INSIGHTS}/diagnosticSettings/mine?{VERSION}"
    return client("PUT", url, {"properties": {"workspaceId": WORKSPACE, "logs": list(logs), **properties}})


def settings(client: Arm, resource: str = VAULT) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client("GET", f"{resource}/{INSIGHTS}/diagnosticSettings?{VERSION}").body["value"]
    return found


def test_the_audit_log_of_a_vault_is_kept_unless_its_world_says_otherwise() -> None:
    [setting] = settings(Arm())
    [log] = setting["properties"]["logs"]
    assert (log["categoryGroup"], log["enabled"]) == ("audit", True)
    assert settings(Arm(vaults=OFF)) == []


def test_a_setting_is_answered_with_every_member_and_an_id_in_lower_case() -> None:
    client = Arm(vaults=OFF)
    made = put(
        client, {"category": "AuditEvent", "enabled": True}, metrics=[{"category": "AllMetrics", "enabled": False}]
    )
    off = {"enabled": False, "days": 0}
    assert made.status == 200
    assert made.body == {
        "id": f"{VAULT.lower()}/providers/microsoft.insights/diagnosticSettings/mine",
        "type": "Microsoft.Insights/diagnosticSettings",
        "name": "mine",
        "location": None,
        "kind": None,
        "tags": None,
        "properties": {
            "storageAccountId": None,
            "serviceBusRuleId": None,
            "workspaceId": WORKSPACE,
            "eventHubAuthorizationRuleId": None,
            "eventHubName": None,
            "metrics": [{"category": "AllMetrics", "enabled": False, "retentionPolicy": off}],
            "logs": [{"category": "AuditEvent", "categoryGroup": None, "enabled": True, "retentionPolicy": off}],
            "logAnalyticsDestinationType": None,
        },
        "identity": None,
    }
    assert settings(client) == [made.body]
    assert client("GET", f"{made.body['id']}?{VERSION}").body == made.body


def test_a_setting_is_replaced_and_deleted() -> None:
    client = Arm(vaults=OFF)
    put(client, {"category": "AuditEvent", "enabled": True})
    put(client, {"categoryGroup": "allLogs", "enabled": False})
    [setting] = settings(client)
    assert [log["categoryGroup"] for log in setting["properties"]["logs"]] == ["allLogs"]
    url = f"{setting['id']}?{VERSION}"
    gone = client("DELETE", url)
    assert (gone.status, gone.body, client("DELETE", url).status) == (200, None, 204)
    assert code_of(client("GET", url)) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("log", "sink", "text"),
    [
        ({"category": "AuditEvent"}, None, "At least one data sink needs to be specified."),
        ({"category": "kube-audit"}, WORKSPACE, "Category 'kube-audit' is not supported."),
        ({"categoryGroup": "everything"}, WORKSPACE, "Category group 'everything' is not supported."),
    ],
)
def test_a_setting_without_a_sink_or_with_unknown_categories_is_refused(
    log: dict[str, Any], sink: str | None, text: str
) -> None:
    client = Arm(vaults=OFF)
    refused = put(client, log | {"enabled": True}, workspaceId=sink)
    assert (code_of(refused), message_of(refused)) == ((400, "BadRequest"), text)
    assert settings(client) == []


def test_each_type_has_categories_of_its_own_or_none() -> None:
    client = Arm()
    found = client("GET", f"{VAULT}/{INSIGHTS}/diagnosticSettingsCategories?{VERSION}").body["value"]
    groups = {one["name"]: one["properties"]["categoryGroups"] for one in found}
    assert groups["AuditEvent"] == ["audit", "allLogs"]
    assert found[-1]["properties"]["categoryType"] == "Metrics"
    assert put(client, {"category": "kube-audit", "enabled": True}, resource=CLUSTER).status == 200
    assert len(settings(client, CLUSTER)) == len(settings(client)) == 1
    assert code_of(put(client, resource=IDENTITY)) == (400, "ResourceTypeNotSupported")
    assert code_of(put(client, resource=f"{VAULT}2")) == (404, "ResourceNotFound")


def test_settings_outlive_the_deletion_of_their_resource() -> None:
    client = Arm(vaults=(Vault(purge_protection=False),))
    client("DELETE", VAULT)
    assert code_of(client("GET", f"{VAULT}/{INSIGHTS}/diagnosticSettings?{VERSION}")) == (404, "ResourceNotFound")
    recovered = {"createMode": "recover", "tenantId": TENANT, "sku": {"family": "A", "name": "standard"}}
    assert client("PUT", VAULT, {"location": "westeurope", "properties": recovered}).status == 200
    assert len(settings(client)) == 1


def test_settings_are_no_resources_of_the_group() -> None:
    listed = Arm()("GET", f"{GROUP}/resources").body["value"]
    assert {one["type"].lower() for one in listed if "insights" in one["type"].lower()} == set()


def test_stock_az_switches_the_audit_log_on_and_off(running: Running, az: StockAz) -> None:
    emulation = running(vaults=OFF)
    on_vault = ("--resource", VAULT)
    command = ("monitor", "diagnostic-settings")
    logs = json.dumps([{"categoryGroup": "audit", "enabled": True}])
    made = az(emulation, *command, "create", "-n", "audit", *on_vault, "--workspace", WORKSPACE, "--logs", logs)
    assert made.code == 0, made.output
    [listed] = az(emulation, *command, "list", *on_vault).json
    assert (listed["name"], listed["logs"][0]["categoryGroup"], listed["workspaceId"]) == ("audit", "audit", WORKSPACE)
    categories = az(emulation, *command, "categories", "list", *on_vault).json
    assert {"AuditEvent", "AllMetrics"} <= {one["name"] for one in categories["value"]}
    assert az(emulation, *command, "delete", "-n", "audit", *on_vault).code == 0
    assert az(emulation, *command, "list", *on_vault).json == []
