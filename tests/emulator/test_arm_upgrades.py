"""Upgrades of managed clusters: the control plane, the nodes after it, and what stops nodes."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from emulator.core.http import Answer
from emulator.worlds.spec import Cluster
from tests.emulator.arm_client import CLUSTER, Arm, code_of, message_of


def put(client: Arm, version: str | None = None, pools: str | None = None) -> Answer:
    body = client("GET", CLUSTER).body
    if version:
        body["properties"]["kubernetesVersion"] = version
    for pool in body["properties"]["agentPoolProfiles"] if pools else ():
        pool["orchestratorVersion"] = pools
    return client("PUT", CLUSTER, body)


def running(client: Arm) -> tuple[str, list[str]]:
    properties = client("GET", CLUSTER).body["properties"]
    pools: list[dict[str, Any]] = properties["agentPoolProfiles"]
    return properties["currentKubernetesVersion"], [pool["currentOrchestratorVersion"] for pool in pools]


def test_the_control_plane_is_upgraded_and_the_nodes_after_it() -> None:
    client = Arm(clusters=(Cluster(pools=("system", "work")),))
    assert client.finish(put(client, "1.31.8"))["status"] == "Succeeded"
    assert running(client) == ("1.31.8", ["1.30.7", "1.30.7"])
    upgrade = put(client, pools="1.31.8")
    assert upgrade.body["properties"]["provisioningState"] == "Upgrading"
    assert client.finish(upgrade)["status"] == "Succeeded" and running(client) == ("1.31.8", ["1.31.8", "1.31.8"])


def test_nodes_are_not_newer_than_their_control_plane_nor_far_behind() -> None:
    client = Arm()
    refused = put(client, pools="1.31.8")
    assert code_of(refused) == (400, "NodePoolMcVersionIncompatible")
    assert "version 31 is bigger than control plane version 30" in message_of(refused)
    for version in ("1.31.8", "1.32.7", "1.33.3"):
        assert client.finish(put(client, version))["status"] == "Succeeded"
    client.world.spec = dataclasses.replace(
        client.world.spec, kubernetes_versions=(*client.world.spec.kubernetes_versions, "1.34.1")
    )
    behind = put(client, "1.34.1")
    assert code_of(behind) == (400, "NodePoolMcVersionIncompatible") and "more than 3 versions" in message_of(behind)
    assert code_of(put(client, pools="1.29.9")) == (400, "NodePoolMcVersionIncompatible")


def test_nodes_do_not_go_back() -> None:
    client = Arm()
    assert client.finish(put(client, "1.31.8"))["status"] == "Succeeded"
    assert client.finish(put(client, pools="1.31.8"))["status"] == "Succeeded"
    assert code_of(put(client, pools="1.30.9")) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("trouble", "code", "text"),
    [
        ("disruption-budget", "UpgradeFailed", "Pod Disruption Budget"),
        ("quota", "ErrCode_InsufficientVCPUQuota", "vcpu quota"),
        ("surge", "UpgradeFailed", "surge nodes"),
    ],
)
def test_what_stops_nodes_fails_the_cluster_and_leaves_them_where_they_are(trouble: str, code: str, text: str) -> None:
    client = Arm(clusters=(Cluster(pools=("system", "work"), upgrade_troubles=(trouble,)),))
    assert client.finish(put(client, "1.31.8"))["status"] == "Succeeded"
    failed = client.finish(put(client, pools="1.31.8"))
    assert (failed["status"], failed["error"]["code"]) == ("Failed", code) and text in failed["error"]["message"]
    assert client("GET", CLUSTER).body["properties"]["provisioningState"] == "Failed"
    assert running(client) == ("1.31.8", ["1.30.7", "1.30.7"])
    assert client.finish(put(client, pools="1.31.8"))["status"] == "Succeeded"
    assert running(client) == ("1.31.8", ["1.31.8", "1.31.8"])
