"""What `secrets-provider show` and the changes give back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azext_akskv.engine.result import Result
from azext_akskv.flows.secrets_provider import show_provider
from azext_akskv.model.mounts.synced import SyncedSecret
from azext_akskv.model.provided import Provided
from azext_akskv.model.snapshot import Wanted
from azext_akskv.report.provision import provided_lines, provision_row, shown_row
from azext_akskv.report.tables import provider_table
from tests.builders import TARGET
from tests.fake_mounts import seen_by
from tests.fake_provider import ADDON_CLIENT, ADDON_PRINCIPAL
from tests.mount_builders import NODE, SYNCED, a_class, a_pod, a_status
from tests.provision_worlds import ISSUER, a_world, without_identity
from tests.unit.checks.mount_views import chart

KEYS = {
    *("cluster", "resourceGroup", "namespace", "installation", "addon", "workloadIdentity", "scaleSets"),
    *("classes", "findings"),
}


def shown(folder: Path, *, on: bool = True, **seen: Any) -> Provided:
    world = a_world(folder, on=on)
    world.seen = seen_by(**seen)
    return show_provider(world.world(), Wanted("show"))


def test_everything_that_was_seen(tmp_path: Path) -> None:
    synced = [SyncedSecret("team-a", "db", "Opaque", 1, managed=True)]
    found = shown(
        tmp_path, classes=[a_class(secretObjects=SYNCED)], pods=[a_pod()], statuses=[a_status()], secrets=synced
    )
    row = shown_row(found)
    assert set(row) == KEYS and (row["installation"], row["workloadIdentity"]["issuer"]) == ("add-on", ISSUER)
    assert row["addon"]["identity"]["clientId"] == ADDON_CLIENT
    assert row["addon"]["identity"]["objectId"] == ADDON_PRINCIPAL
    assert [each["hasIdentity"] for each in row["scaleSets"]] == [True]
    [one] = row["classes"]
    assert (one["namespace"], one["vault"], one["readsAs"]) == ("team-a", "shop-kv", "node")
    [pod] = one["pods"]
    assert pod["mounted"] is True and pod["objects"]
    assert all(each["type"] in ("secret", "key", "cert") and each["version"] for each in pod["objects"])
    assert one["secrets"][0]["name"] == "db" and one["secrets"][0]["there"] is True and one["secrets"][0]["keys"]
    told = [line.text for line in provided_lines(found)]
    assert told[-1] == "1 SecretProviderClass for Azure, 1 mount, 1 of them done."
    [line] = provider_table(row)
    assert (line["Class"], line["Mounted"], line["Secrets"]) == (one["name"], "1 of 1", "db")


def test_a_pod_that_has_not_mounted(tmp_path: Path) -> None:
    row = shown_row(shown(tmp_path, classes=[a_class()], pods=[a_pod()]))
    assert row["classes"][0]["pods"][0]["mounted"] is False
    assert provider_table(row)[0]["Mounted"] == "0 of 1"


def test_a_scale_set_that_lacks_the_identity(tmp_path: Path) -> None:
    world = without_identity(a_world(tmp_path))
    row = shown_row(show_provider(world.world(), Wanted("show")))
    assert [each["hasIdentity"] for each in row["scaleSets"]] == [False]


@pytest.mark.parametrize(("system", "installation"), [([], "none"), (chart(NODE), "Helm chart")])
def test_without_the_addon(system: list[Any], installation: str, tmp_path: Path) -> None:
    found = shown(tmp_path, on=False, system=system)
    row = shown_row(found)
    assert (row["installation"], row["addon"]["enabled"], row["addon"]["identity"]) == (installation, False, None)
    assert [each["hasIdentity"] for each in row["scaleSets"]] == [None]
    assert provider_table(row)[0]["Installation"] == installation
    assert provided_lines(found)[-1].text == "No SecretProviderClass for Azure."


def test_what_could_not_be_looked_at_is_null_and_no_guess(tmp_path: Path) -> None:
    from azext_akskv.failures import Denied

    world = a_world(tmp_path, on=False)
    refusal = Denied("look", "Forbidden", "no")
    world.faults = {"mounts.look": [refusal], "scale_sets.of": [refusal]}
    found = show_provider(world.world(), Wanted("show"))
    row = shown_row(found)
    assert row["classes"] is row["scaleSets"] is row["installation"] is None
    assert provided_lines(found)[-1].text == "The SecretProviderClasses could not be looked at."
    assert provider_table(row)[0]["Installation"] == "?"


def test_of_a_cluster_that_is_not_there_only_the_findings_speak() -> None:
    row = shown_row(Provided(TARGET, "shop", ()))
    assert set(row) == KEYS and row["namespace"] == "shop" and row["addon"] is None and row["classes"] is None
    assert provided_lines(Provided(TARGET, None, ())) == []
    assert provider_table(row)[0]["ClientId"] == "-"


def test_a_change_has_no_secrets() -> None:
    row = provision_row(Result("provider-enable", "r1", "done"))
    assert set(row) == {"flow", "run", "status", "steps", "findings", "keep"}
