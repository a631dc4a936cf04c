"""run-command: stock az and the SDK start commands in pods, which reach the API server from inside."""

from __future__ import annotations

import base64
import io
import os
import time
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.containerservice import ContainerServiceClient

from emulator.emulation import Emulation
from emulator.entra.metadata import ARM
from emulator.worlds.cluster_access import AdmissionRule, Binding, Rule
from emulator.worlds.spec import CALLER, SERVER_APP, Cluster, Delays, Grant, Secrets
from tests.emulator.conftest import Connect, Running, StockAz
from tests.emulator.data_planes import CLUSTER_ID
from tests.kubectl import needs_kubectl

SMALL = Cluster(secrets=Secrets(count=3, namespaces=("default",)))
PRIVATE = replace(SMALL, private=True)
INVOKE = ("aks", "command", "invoke", "--resource-group", "shop-rg", "--name", "shop", "--output", "json", "--command")
NAMES = "kubectl get secrets --namespace default --no-headers"

pytestmark = needs_kubectl


def ended(emulation: Emulation, connect: Connect, **payload: str) -> Any:
    """What the SDK's poller comes back with."""
    clusters = connect(emulation, ContainerServiceClient).managed_clusters
    return clusters.begin_run_command("shop-rg", "shop", payload).result()


def test_stock_az_runs_kubectl_in_a_private_cluster(running: Running, az: StockAz, tmp_path: Any) -> None:
    emulation = running(clusters=(PRIVATE,))
    attached = tmp_path / "say.sh"
    attached.write_text("echo attached; env | grep -ciE 'azure|identity'; kubectl version --output yaml")
    done = az(emulation, *INVOKE, f"{NAMES} && bash say.sh", "--file", str(attached))
    assert done.code == 0, done.output
    assert "-credentials" in done.output and "attached" in done.output and "\\n0\\n" in done.output


def test_a_private_cluster_is_not_reached_from_outside(running: Running, client: Any) -> None:
    emulation = running(clusters=(PRIVATE,))
    host = emulation.world.kubernetes.server(CLUSTER_ID).host
    with pytest.raises(OSError, match="502"):
        client(emulation).get(f"https://{host}/version")


def test_a_result_is_asked_for_where_the_answer_says(running: Running, client: Any) -> None:
    emulation = running(clusters=(SMALL,))
    session, url = client(emulation), f"{ARM}{CLUSTER_ID}/runCommand?api-version=2024-09-01"
    taken = session.post(url, json={"command": "sleep 0.3; echo out; echo err >&2; exit 3", "context": ""})
    where = taken.headers["location"]
    assert (taken.status_code, taken.content) == (202, b"") and "/managedclusters/shop/commandResults/" in where
    asked = session.get(where)
    command_id = where.partition("/commandResults/")[2].partition("?")[0]
    assert (asked.status_code, asked.headers["location"]) == (202, where)
    assert asked.json() == {"id": command_id, "properties": {"provisioningState": "Running"}}
    while (asked := session.get(where)).status_code == 202:
        time.sleep(0.02)
    properties = asked.json()["properties"]
    assert len(command_id) == 32 and set(asked.json()) == {"id", "properties"}
    assert (properties["exitCode"], properties["provisioningState"]) == (3, "Succeeded")
    assert properties["logs"] == "out\nerr\n" and properties["startedAt"] <= properties["finishedAt"]
    assert session.get(where.replace(command_id, "0" * 32)).status_code == 404


def test_the_output_is_cut(running: Running, connect: Connect) -> None:
    done = ended(running(clusters=(SMALL,)), connect, command="head -c 600000 /dev/zero | tr '\\0' x; echo end")
    assert len(done.logs) == 512 * 1024 and "end" not in done.logs


def test_more_than_its_memory_kills_it(running: Running, connect: Connect) -> None:
    emulation = running(clusters=(replace(SMALL, command_memory=20 << 20),))
    hungry = "echo begun; x=$(head -c 60000000 /dev/zero | tr '\\0' x); sleep 5; echo end"
    done = ended(emulation, connect, command=hungry)
    assert (done.exit_code, done.logs) == (137, "begun\n")


def test_a_pod_that_no_node_takes_is_not_found(running: Running, connect: Connect) -> None:
    emulation = running(clusters=(replace(SMALL, room_for_pods=False),), delays=Delays(pod=0.2))
    with pytest.raises(HttpResponseError) as refused:
        ended(emulation, connect, command="true")
    assert refused.value.status_code == 404


@pytest.mark.parametrize(
    ("world", "code", "words"),
    [
        (replace(SMALL, run_command=False), "BadRequest", "disabled"),
        (replace(SMALL, power="Stopped"), "OperationNotAllowed", "stopped"),
        (
            replace(SMALL, admission=(AdmissionRule("no {name}", ("aks-command",), (), ("CREATE",), "pods"),)),
            "KubernetesOperationError",
            "details: no command-",
        ),
    ],
)
def test_commands_are_refused(running: Running, connect: Connect, world: Cluster, code: str, words: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        ended(running(clusters=(world,)), connect, command="true")
    assert refused.value.status_code == 400 and code in str(refused.value) and words in str(refused.value)


@pytest.mark.parametrize(
    "payload", [{}, {"command": "true", "context": "no zip"}, {"command": "true", "context": "AA=="}]
)
def test_a_body_that_makes_no_sense_is_refused(running: Running, connect: Connect, payload: dict[str, str]) -> None:
    with pytest.raises(HttpResponseError) as refused:
        ended(running(clusters=(SMALL,)), connect, **payload)
    assert refused.value.status_code == 400


def test_an_action_and_a_right_to_read_are_needed(running: Running, connect: Connect) -> None:
    emulation = running(clusters=(SMALL,), grants=(Grant(CALLER, "Reader", "subscription"),))
    with pytest.raises(HttpResponseError, match="managedClusters/runCommand/action"):
        ended(emulation, connect, command="true")


def test_with_entra_the_token_that_is_brought_decides(running: Running, connect: Connect) -> None:
    may_list = Binding(CALLER, (Rule(("list",), ("secrets",)),))
    emulation = running(clusters=(replace(SMALL, entra=True, bindings=(may_list,)),))
    world = emulation.world
    token = emulation.server.call(lambda: world.tokens.issue(world.ids.principal(CALLER), SERVER_APP)[0])
    mine = ended(emulation, connect, command=f"{NAMES}; kubectl get configmaps", clusterToken=token)
    assert "-credentials" in mine.logs and "configmaps is forbidden" in mine.logs and mine.exit_code == 1
    assert "must be logged in" in ended(emulation, connect, command=NAMES).logs


def test_commands_end_with_the_emulation(running: Running, connect: Connect, tmp_path: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("wait.sh", f"echo $$ > {tmp_path}/pid; sleep 60 & wait")
    emulation = running(clusters=(SMALL,))
    clusters = connect(emulation, ContainerServiceClient).managed_clusters
    context = base64.b64encode(packed.getvalue()).decode()
    clusters.begin_run_command("shop-rg", "shop", {"command": "bash wait.sh", "context": context}, polling=False)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.02)
    emulation.inside.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
