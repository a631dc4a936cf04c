"""Every Arc-enabled cluster and every cluster extension of the recorded traffic is read."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from azext_akskv.model.secret_store.connected import CONNECTED_TYPE, parse_connected
from azext_akskv.model.secret_store.extension import changed_settings, new_extension, parse_extension, settings_of
from tests.emulator.traffic.recordings import FOLDER
from tests.recorded import bodies, recordings

EXTENSIONS = "Microsoft.KubernetesConfiguration/extensions"
CLUSTERS_READ, EXTENSIONS_READ = 17, 15
NEEDED = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason=f"not run: {CLUSTERS_READ} recorded Arc-enabled clusters and {EXTENSIONS_READ} extensions would be read",
)


@NEEDED
def test_every_recorded_cluster_is_read() -> None:
    every = bodies(CONNECTED_TYPE)
    assert len(every) == CLUSTERS_READ
    for raw in every:
        found = parse_connected(raw)
        assert found.id.name == raw["name"] and found.location == raw["location"] and found.principal_id
        assert found.provisioning_state == raw["properties"]["provisioningState"]
        assert found.kubernetes_version == raw["properties"].get("kubernetesVersion", "")
        assert (found.old_kubernetes is None) is not found.kubernetes_version
        assert bool(found.last_seen) is ("lastConnectivityTime" in raw["properties"])
        assert not found.issuer.enabled  # nobody had turned it on


@NEEDED
def test_every_recorded_extension_is_read_and_a_change_loses_nothing() -> None:
    every = bodies(EXTENSIONS)
    assert len(every) == EXTENSIONS_READ
    for raw in every:
        before: dict[str, Any] = copy.deepcopy(raw)
        found = parse_extension(raw)
        properties = raw["properties"]
        assert (found.id.name, found.type) == (raw["name"], properties["extensionType"])
        assert found.state == properties["provisioningState"] and found.created and found.namespace
        assert found.runs == (properties.get("currentVersion") or properties["version"] or "")
        assert settings_of(found).unread == ()
        changed = changed_settings(found, {"jitterSeconds": "5"})["properties"]
        assert changed == {"configurationSettings": {**properties["configurationSettings"], "jitterSeconds": "5"}}
        assert raw == before


@NEEDED
def test_what_installs_one_has_the_members_that_az_was_recorded_to_send() -> None:
    operation = "on microsoft.kubernetes/connectedclusters: microsoft.kubernetesconfiguration/extensions/{}"
    sent = [row.asked for rows in recordings().values() for row in rows if row.operation == f"PUT {operation}"]
    assert len(sent) == 3
    ours = new_extension({"jitterSeconds": "5"}, train="stable")
    for body in sent:
        assert set(body["properties"]) - {"version"} == set(ours["properties"])
        assert set(ours["properties"]["scope"]) == set(body["properties"]["scope"])
        assert body.get("identity") in (None, ours["identity"])
