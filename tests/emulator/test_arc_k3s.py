"""A K3s cluster: whose it is, what its API server was started with, whose tokens it signs, and its kubeconfig."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import yaml

from emulator.worlds.arc import K3s
from emulator.worlds.spec import SUBSCRIPTION, Cluster
from tests.emulator.arm_client import CLUSTER, Arm
from tests.emulator.conftest import Running
from tests.emulator.data_planes import Api
from tests.emulator.edge_client import EDGE, TOKEN, Edge, claims

DEFAULT = "https://kubernetes.default.svc.cluster.local"
AUDIENCE = "api://AzureADTokenExchange"
CONFIGURATION = "/api/v1/namespaces/azure-arc/configmaps/azure-clusterconfig"
ASKED = {"spec": {"audiences": [AUDIENCE]}}


def issuer(edge: Edge) -> str:
    return str(claims(edge.api("POST", TOKEN, ASKED))["iss"])


def published(edge: Edge) -> str:
    return str(edge.properties(EDGE)["oidcIssuerProfile"]["issuerUrl"])


def test_the_agents_say_which_cluster_it_is() -> None:
    first, second = Edge("ss-wrong-cluster"), Edge("ss-wrong-cluster", "edge-2")
    data = first.api("GET", CONFIGURATION).body["data"]
    assert data["AZURE_RESOURCE_NAME"] == "edge" and data["AZURE_RESOURCE_GROUP"] == "shop-rg"
    assert data["AZURE_SUBSCRIPTION_ID"] == SUBSCRIPTION and data["AZURE_TENANT_ID"]
    assert second.api("GET", CONFIGURATION).body["data"]["AZURE_RESOURCE_NAME"] == "edge-2"
    found = first.api("GET", "/apis/arc.azure.com/v1beta1/namespaces/azure-arc/connectedclusters").body["items"]
    assert [one["metadata"]["name"] for one in found] == ["clustermetadata"]


def test_a_cluster_that_is_not_connected_has_no_agents() -> None:
    edge = Edge("ss-not-connected")
    assert edge.api("GET", CONFIGURATION).status == 404
    assert edge.api("GET", "/apis/arc.azure.com/v1beta1/connectedclusters").status == 404
    assert edge.arm("GET", f"{EDGE}?api-version=2024-01-01").status == 404


def test_a_token_says_whose_it_is_and_for_whom() -> None:
    edge = Edge("ss-ready")
    answer = edge.api("POST", TOKEN, {"spec": {"audiences": [AUDIENCE], "expirationSeconds": 7200}})
    found = claims(answer)
    assert found["sub"] == "system:serviceaccount:shop:shop-sync" and found["aud"] == [AUDIENCE]
    assert found["iss"] == published(edge) and found["exp"] - found["iat"] == 7200
    account = edge.api("GET", TOKEN.removesuffix("/token")).body
    assert found["kubernetes.io"]["serviceaccount"]["uid"] == account["metadata"]["uid"]
    assert answer.body["kind"] == "TokenRequest" and answer.body["status"]["expirationTimestamp"]
    assert claims(edge.api("POST", TOKEN, {}))["aud"] == [published(edge)]


def test_tokens_have_limits() -> None:
    edge = Edge("ss-ready")
    short = edge.api("POST", TOKEN, {"spec": {"expirationSeconds": 60}})
    assert short.status == 422 and "may not specify a duration less than 10 minutes" in short.body["message"]
    long = claims(edge.api("POST", TOKEN, {"spec": {"expirationSeconds": 7 * 86400}}))
    assert long["exp"] - long["iat"] == 86400, "service-account-max-token-expiration"
    missing = edge.api("POST", TOKEN.replace("shop-sync", "nobody"), ASKED)
    assert missing.status == 404 and missing.body["message"] == 'serviceaccounts "nobody" not found'
    assert edge.api("GET", TOKEN).status == 405


def test_the_issuer_is_the_default_until_the_owner_has_set_it_and_restarted() -> None:
    edge = Edge("ss-flags-not-set")
    assert issuer(edge) == DEFAULT
    edge.server.arguments.written["config"] = (f"service-account-issuer={published(edge)}",)
    assert issuer(edge) == DEFAULT, "written, and not read"
    edge.server.restart()
    assert issuer(edge) == published(edge)


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ("ss-flags-not-read", DEFAULT),
        ("ss-flags-in-both", DEFAULT),
        ("ss-flags-no-slash", ""),
    ],
)
def test_worlds_in_which_the_arguments_are_not_right(world: str, expected: str) -> None:
    edge = Edge(world)
    assert issuer(edge) == (expected or published(edge).rstrip("/"))


def test_of_several_issuers_the_first_signs() -> None:
    both = ("service-account-issuer={issuer}", f"service-account-issuer={DEFAULT}")
    edge = Edge("ss-ready", outside=(K3s(config=both),), federations=())
    edge.api("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
    edge.api.create("shop-sync", "shop", "serviceaccounts")
    assert issuer(edge) == published(edge)


def test_the_node_tells_what_its_server_was_started_with() -> None:
    edge = Edge("ss-flags-in-both")
    [node] = edge.api("GET", "/api/v1/nodes").body["items"]
    arguments = json.loads(node["metadata"]["annotations"]["k3s.io/node-args"])
    given = [one for one in arguments if "=" in one]
    assert given[0].startswith("service-account-issuer=https://westeurope.oic.prod-arc.azure.com/")
    assert given[-1] == "enable-admission-plugins=OwnerReferencesPermissionEnforcement"
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.31.5+k3s1"
    edge.server.arguments.written["unit"] = ()
    edge.server.restart()
    [node] = edge.api("GET", "/api/v1/nodes").body["items"]
    assert "enable-admission-plugins" not in node["metadata"]["annotations"]["k3s.io/node-args"]


def test_the_kubeconfig_has_a_context_for_each_and_its_certificate_is_the_administrators(
    running: Running, client: Callable[..., requests.Session], tmp_path: Any
) -> None:
    emulation = running("ss-wrong-cluster")
    written = yaml.safe_load(emulation.world.kubernetes.outside_kubeconfig())
    assert [one["name"] for one in written["contexts"]] == ["edge", "edge-2", "lab"]
    assert written["current-context"] == "edge"
    session = client(emulation, audience=None)
    paths = []
    for kind in ("client-certificate-data", "client-key-data"):
        path = tmp_path / kind
        path.write_bytes(base64.b64decode(written["users"][1]["user"][kind]))
        paths.append(str(path))
    server = written["clusters"][1]["cluster"]["server"]
    assert server == "https://edge-2.k3s.emulator.test:6443"
    session.cert = (paths[0], paths[1])
    assert session.get(server + CONFIGURATION).json()["data"]["AZURE_RESOURCE_NAME"] == "edge-2"
    session.cert = None
    assert client(emulation, audience=None).get(server + CONFIGURATION).status_code == 401


def test_its_owner_acts_through_the_control_url(running: Running) -> None:
    emulation = running("ss-flags-not-set")
    url = f"{emulation.control_url}/k3s"
    assert requests.get(url, timeout=10).json()["edge"] == {
        "written": {"config": [], "unit": []},
        "running": {"config": [], "unit": []},
        "issuer": DEFAULT,
        "online": True,
    }
    asked = {"cluster": "edge", "config": ["service-account-issuer=https://issuer/"], "online": False}
    assert requests.post(url, json=asked, timeout=10).json()["issuer"] == DEFAULT
    done = requests.post(url, json={"cluster": "edge", "restart": True, "online": True}, timeout=10).json()
    assert done["issuer"] == "https://issuer/" and done["online"] is True
    assert requests.post(url, json={"cluster": "gone"}, timeout=10).status_code == 400
    assert requests.post(url, json={"cluster": "edge", "config": "text"}, timeout=10).status_code == 400


def test_aks_serves_tokens_too() -> None:
    arm = Arm(clusters=(Cluster(workload_identity=True),))
    server: Any = arm.world.kubernetes.server(CLUSTER)
    api = Api(arm.world, server, {"authorization": f"Bearer {server.static_token}"})
    found = claims(api("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", {}))
    assert found["iss"] == arm("GET", CLUSTER).body["properties"]["oidcIssuerProfile"]["issuerURL"]
