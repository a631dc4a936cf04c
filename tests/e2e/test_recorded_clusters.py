"""`kms show` of the real az against an emulator that holds clusters as they were recorded."""

from __future__ import annotations

import copy
from typing import Any

from tests.e2e.conftest import Station
from tests.recorded import CLUSTERS, bodies, few_with_all_members, needs

SHOW = ("aks", "kv", "kms", "show", "-g", "shop-rg", "-n", "shop")
OWN = ("id", "name", "eTag")
OWN_PROPERTIES = ("fqdn", "nodeResourceGroup")
"""What stays the emulated cluster's: without them its API server and its groups would be another one's."""


def put_on(own: dict[str, Any], recorded: dict[str, Any]) -> None:
    """Makes a document of the emulator the recorded one."""
    kept = {name: own[name] for name in OWN}
    properties = {name: own["properties"][name] for name in OWN_PROPERTIES}
    own.clear()
    own.update(copy.deepcopy(recorded), **kept)
    own["properties"].update(properties)


@needs("clusters")
def test_clusters_with_all_recorded_members_are_shown(station: Station) -> None:
    shown = few_with_all_members(bodies(CLUSTERS))
    assert len(shown) > 10
    emulation = station.start("public-rbac", secrets=3)
    (cluster,) = emulation.world.resources.under("", CLUSTERS)
    for recorded in shown:
        emulation.server.call(lambda body=recorded: put_on(cluster.body, body))
        ended = station.az(*SHOW)
        assert ended.code in (0, 4, 5) and "Traceback" not in ended.output, ended.output
        version = recorded["properties"].get("currentKubernetesVersion") or recorded["properties"]["kubernetesVersion"]
        assert (ended.json["cluster"], ended.json["kubernetesVersion"]) == ("shop", version)
        assert ended.json["experience"] in ("never", "platform-managed"), ended.output
