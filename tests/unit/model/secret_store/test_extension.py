"""Cluster extensions, by ARM's JSON, and the bodies that install and set the Secret Store extension."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.secret_store.extension import (
    JITTER,
    ONLINE_PROVIDER,
    PARTIAL,
    POLL,
    SECRET_STORE,
    Family,
    Settings,
    changed_settings,
    family_of,
    has_settings,
    knows_jitter,
    new_extension,
    of_type,
    parse_extension,
    settings_of,
)

CLUSTER = "/subscriptions/s1/resourceGroups/rg1/providers/Microsoft.Kubernetes/connectedClusters/edge1"


def an_extension(name: str = "ssarcextension", **properties: Any) -> dict[str, Any]:
    """In the shape of the recorded ones."""
    return {
        "id": f"{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions/{name}",
        "name": name,
        "type": "Microsoft.KubernetesConfiguration/extensions",
        "identity": {"type": "SystemAssigned", "principalId": "p2"},
        "systemData": {"createdBy": None, "createdAt": "2026-06-01T05:12:55.0147854+00:00"},
        "properties": {
            "extensionType": "microsoft.azure.secretstore",
            "autoUpgradeMinorVersion": True,
            "releaseTrain": "Stable",
            "version": None,
            "currentVersion": "1.5.1",
            "scope": {"cluster": {"releaseNamespace": "azure-secret-store"}},
            "provisioningState": "Succeeded",
            "configurationSettings": {POLL: "120", "validatingAdmissionPolicies.applyPolicies": "false"},
            "configurationProtectedSettings": {"key": ""},
            "statuses": [],
            "aksAssignedIdentity": None,
            "isSystemExtension": False,
            **properties,
        },
    }


def test_everything_that_is_told_is_read() -> None:
    found = parse_extension(an_extension())
    assert (found.id.name, found.type, found.train, found.auto_upgrade) == (
        "ssarcextension",
        SECRET_STORE,
        "Stable",
        True,
    )
    assert (found.version, found.current, found.runs) == ("", "1.5.1", "1.5.1")
    assert (found.namespace, found.target_namespace) == ("azure-secret-store", "")
    assert (found.protected, found.principal_id, found.error, found.statuses) == (("key",), "p2", "", ())
    assert found.created and found.created.isoformat() == "2026-06-01T05:12:55+00:00"
    assert found.installed and found.ended


def test_what_went_wrong_is_told_in_the_words_of_arm() -> None:
    found = parse_extension(
        an_extension(
            provisioningState="Failed",
            currentVersion=None,
            version="1.0.2",
            errorInfo={"code": "ExtensionOperationFailed", "message": "helm failed"},
            statuses=[
                {"code": "InstallationFailed", "level": "Error", "message": "no", "time": "2026-06-01T05:12:55+00:00"},
                {"displayStatus": "Shown"},
            ],
        )
    )
    assert (found.installed, found.ended, found.runs) == (False, True, "1.0.2")
    assert found.error == "ExtensionOperationFailed: helm failed"
    assert [(each.code, each.level, each.message) for each in found.statuses] == [
        ("InstallationFailed", "Error", "no"),
        ("Shown", "", ""),
    ]


@pytest.mark.parametrize(("state", "ended"), [("Creating", False), ("Updating", False), ("failed", True), ("", False)])
def test_a_change_that_runs_has_not_ended(state: str, ended: bool) -> None:
    found = parse_extension(an_extension(provisioningState=state))
    assert (found.ended, found.installed) == (ended, False)


@pytest.mark.parametrize(
    ("state", "minutes", "overdue"),
    [("Creating", 9, False), ("creating", 11, True), ("Updating", 11, False), ("Succeeded", 99, False)],
)
def test_an_installation_that_takes_long_waits_for_something(state: str, minutes: int, overdue: bool) -> None:
    found = parse_extension(an_extension(provisioningState=state))
    assert found.created and found.overdue(found.created + timedelta(minutes=minutes)) is overdue
    timeless = parse_extension({**an_extension(provisioningState=state), "systemData": None})
    assert not timeless.overdue(found.created + timedelta(days=1))


def test_it_is_found_by_its_type_whatever_its_name() -> None:
    ours = parse_extension(an_extension("azure-secret-store", extensionType="Microsoft.Azure.SecretStore"))
    scoped = parse_extension(an_extension("other", scope={"namespace": {"targetNamespace": "a"}}))
    online = parse_extension(an_extension("akv", extensionType="microsoft.azurekeyvaultsecretsprovider"))
    assert of_type([online, scoped, ours], SECRET_STORE) is ours
    assert of_type([scoped], SECRET_STORE) is scoped
    assert of_type([ours, online], ONLINE_PROVIDER) is online
    assert of_type([ours], ONLINE_PROVIDER) is of_type([], SECRET_STORE) is None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (None, Settings(3600, 0, True)),
        ({}, Settings(3600, 0, True)),
        ({POLL: "120", JITTER: "60", PARTIAL: "false"}, Settings(120, 60, False)),
        ({"ROTATIONPOLLINTERVALINSECONDS": " 90 "}, Settings(90, 0, True)),
        ({POLL: "1h", JITTER: "-1", PARTIAL: "perhaps"}, Settings(3600, 0, True, (POLL, JITTER, PARTIAL))),
        ({POLL: "", PARTIAL: "True"}, Settings(3600, 0, True)),
        ({POLL: "0", JITTER: "9" * 12}, Settings(0, 0, True, (JITTER,))),
    ],
)
def test_settings_hold_as_set_else_by_default(settings: Any, told: Settings) -> None:
    assert settings_of(parse_extension(an_extension(configurationSettings=settings))) == told


@pytest.mark.parametrize(
    ("version", "family", "jitter"),
    [
        ("0.9.6", Family.PREVIEW, False),
        ("0.10.0", Family.PREVIEW, False),
        ("1.0", Family.STABLE, False),
        ("1.0.2", Family.STABLE, False),
        ("1.1.4", Family.STABLE, False),
        ("1.1.5", Family.STABLE, True),
        ("1.5.1", Family.STABLE, True),
        ("", None, None),
        ("newest", None, None),
    ],
)
def test_a_version_tells_what_its_statuses_are_called(version: str, family: Family | None, jitter: bool | None) -> None:
    assert (family_of(version), knows_jitter(version)) == (family, jitter)


def test_a_new_one_is_on_the_stable_train_and_upgrades_itself() -> None:
    body = new_extension({POLL: "120"})
    assert body == {
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "extensionType": "microsoft.azure.secretstore",
            "autoUpgradeMinorVersion": True,
            "scope": {"cluster": {}},
            "configurationSettings": {POLL: "120"},
            "configurationProtectedSettings": {},
        },
    }
    pinned = new_extension({}, "preview", "0.10.0")["properties"]
    assert (pinned["releaseTrain"], pinned["version"], pinned["autoUpgradeMinorVersion"]) == (
        "preview",
        "0.10.0",
        False,
    )


def test_a_change_loses_no_setting_and_sends_nothing_protected() -> None:
    raw = an_extension()
    before = copy.deepcopy(raw)
    found = parse_extension(raw)
    assert changed_settings(found, {POLL: "600", JITTER: "30"}) == {
        "properties": {
            "configurationSettings": {
                POLL: "600",
                "validatingAdmissionPolicies.applyPolicies": "false",
                JITTER: "30",
            }
        }
    }
    assert raw == before
    other_case = parse_extension(an_extension(configurationSettings={POLL.lower(): "1"}))
    assert changed_settings(other_case, {POLL: "2"})["properties"]["configurationSettings"] == {POLL.lower(): "2"}


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ({POLL: "120"}, True),
        ({POLL: "121"}, False),
        ({JITTER: "0"}, True),
        ({PARTIAL: "TRUE"}, True),
        ({"x": "1"}, False),
    ],
)
def test_settings_that_hold_already_need_no_change(wanted: dict[str, str], holds: bool) -> None:
    assert has_settings(parse_extension(an_extension()), wanted) is holds


@pytest.mark.parametrize("wrong", [{}, {"properties": {}}, {"id": "x", "properties": {"extensionType": "y"}}, [], None])
def test_what_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(BadInput):
        parse_extension(wrong)
