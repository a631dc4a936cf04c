"""`az aks kv secrets-provider generate` with the real az: what it prints is applied by kubectl and mounts, what it
writes mounts, and what is there already is told, kept or changed."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator import environment
from emulator.emulation import Emulation
from emulator.worlds import catalogue
from emulator.worlds.shop_secrets import READS
from emulator.worlds.vault_contents import MARKER
from tests.changes import may_change
from tests.e2e.commands import finding, found, steps
from tests.e2e.conftest import Ended, Station
from tests.emulator.data_planes import CLUSTER_ID
from tests.kubectl import needs_kubectl

CLUSTER = ("-g", "shop-rg", "-n", "shop")
GENERATE = ("aks", "kv", "secrets-provider", "generate", *CLUSTER, "--vault", "shop-kv")
APPLY = (*GENERATE, "--apply", "--yes", "-o", "json")
ACCOUNT = ("--identity", "shop-id", "--service-account", "shop")
SYNCED = ("--secrets", "db-pass", "api-token=token.txt", "--certificates", "--synced-secret", "shop")
ACCEPT = ("--accept", "manifest-differs")
PLANTED = "planted-in-a-variable"
FOREIGN = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "shop-kv-reader", "namespace": "default"},
    "spec": {
        "containers": [
            {
                "name": "theirs",
                "image": "shop/web:1",
                "command": ["run", PLANTED],
                "env": [{"name": "A", "value": PLANTED}],
            }
        ]
    },
}


def kubectl(station: Station, command: str, given: str = "") -> str:
    """As an administrator from outside; what it prints, when it ends well."""
    emulation: Emulation = station.emulation
    kubeconfig = station.folder / "kubeconfig"
    kubeconfig.write_text(emulation.world.kubernetes.server(CLUSTER_ID).kubeconfig("admin"))
    own = {"HOME": str(station.folder), "KUBECONFIG": str(kubeconfig), "HTTPS_PROXY": emulation.proxy_url}
    done = subprocess.run(
        ["bash", "-c", f"kubectl {command}"],
        env=environment.complete(own),
        input=given,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def yaml_of(ended: Ended) -> str:
    """What was printed on standard output."""
    return ended.output[ended.output.index("# Made by: ") :]


def ready(station: Station, what: str = "pod/shop-kv-reader") -> None:
    kubectl(station, f"wait --for=condition=Ready {what} --timeout=30s")


def written(station: Station) -> list[str]:
    """What was written to the cluster."""
    asked = [each for each in station.requests() if ".hcp." in each["url"]]
    return [f"{each['method']} {each['url']}" for each in asked if may_change(each["method"], each["url"])]


@pytest.fixture
def world(station: Station) -> Station:
    station.start("sp-ready")
    return station


@needs_kubectl
def test_what_is_printed_is_applied_and_mounts(world: Station) -> None:
    ended = world.az(*GENERATE)
    assert ended.code == 0 and world.changes() == [], ended.output
    assert not [each for each in world.requests() if ".hcp." in each["url"]]
    text = yaml_of(ended)
    documents = list(yaml.safe_load_all(text))
    assert [each["kind"] for each in documents] == ["SecretProviderClass", "Pod"]
    assert "objectName: old" not in text  # it is disabled
    applied = kubectl(world, "apply -f -", text)
    assert applied.splitlines() == [
        "secretproviderclass.secrets-store.csi.x-k8s.io/shop-kv created",
        "pod/shop-kv-reader created",
    ]
    ready(world)
    status = json.loads(kubectl(world, "get secretproviderclasspodstatuses -o json"))["items"][0]["status"]
    assert {each["id"] for each in status["objects"]} == {"secret/api-token", "secret/db-pass"}
    before = written(world)
    again = world.az(*APPLY)
    assert again.code == 0 and set(steps(again).values()) == {"already"} and written(world) == before


@needs_kubectl
@pytest.mark.parametrize("way", ["direct", "run-command"])
def test_what_is_written_mounts_with_workload_identity_and_secrets(world: Station, way: str) -> None:
    wanted = (*APPLY, *ACCOUNT, *SYNCED, "--workload", "deployment", "--via", way)
    done = world.az(*wanted)
    assert (done.code, set(steps(done).values())) == (0, {"done"}), done.output
    assert "secrets-provider verify" in done.output
    ready(world, "pod -l app=shop-kv-reader")
    secrets = json.loads(kubectl(world, "get secrets -o json"))["items"]
    made = {each["metadata"]["name"]: (each["type"], sorted(each["data"])) for each in secrets}
    assert made["shop"] == ("Opaque", ["db-pass", "token.txt"])
    assert made["shop-web-tls"] == ("kubernetes.io/tls", ["tls.crt", "tls.key"])
    before = world.changes()
    again = world.az(*wanted)
    assert (again.code, set(steps(again).values())) == (0, {"already"}), again.output
    more = [each["url"] for each in world.changes()[len(before) :]]
    assert all("/runCommand" in each for each in more), more


@needs_kubectl
@pytest.mark.parametrize("way", ["direct", "run-command"])
def test_what_differs_is_refused_and_then_changed(world: Station, way: str) -> None:
    wanted = (*APPLY, "--workload", "none", "--via", way)
    assert world.az(*wanted).code == 0
    kubectl(world, "label secretproviderclass shop-kv team=shop")
    patch = {"spec": {"parameters": {"keyvaultName": "other-kv", "cloudName": "AzurePublicCloud"}}}
    kubectl(world, f"patch secretproviderclass shop-kv --type merge -p '{json.dumps(patch)}'")
    refused = world.az(*wanted)
    assert (refused.code, found(refused, "error")) == (4, {"manifest-differs"}), refused.output
    told = finding(refused, "manifest-differs")["text"]
    assert "the parameter keyvaultname is 'other-kv', to be 'shop-kv'" in told and "cloudname is there as well" in told
    done = world.az(*wanted, *ACCEPT)
    assert (done.code, set(steps(done).values())) == (0, {"done"}), done.output
    changed = json.loads(kubectl(world, "get secretproviderclass shop-kv -o json"))
    assert (
        changed["spec"]["parameters"]["keyvaultName"] == "shop-kv" and changed["metadata"]["labels"]["team"] == "shop"
    )
    assert "cloudName" not in changed["spec"]["parameters"]


@needs_kubectl
def test_a_deployment_gets_its_variables_later(world: Station) -> None:
    assert world.az(*APPLY, "--secrets", "db-pass", "--workload", "deployment").code == 0
    later = (*APPLY, "--secrets", "db-pass", "--workload", "deployment", "--synced-secret", "shop", *ACCEPT)
    done = world.az(*later)
    assert done.code == 0, done.output
    assert "1 pod mounts the SecretProviderClass default/shop-kv: shop-kv-reader-" in done.output
    ready(world, "pod -l app=shop-kv-reader")
    assert "shop" in kubectl(world, "get secret shop -o name")


@needs_kubectl
@pytest.mark.parametrize("way", ["direct", "run-command"])
def test_of_somebody_elses_pod_nothing_is_told_and_nothing_is_changed(world: Station, way: str) -> None:
    kubectl(world, "create -f -", json.dumps(FOREIGN))
    refused = world.az(*APPLY, *ACCEPT, "--via", way, "--debug")
    assert refused.code == 4, refused.output
    row, _ = json.JSONDecoder().raw_decode(refused.output, refused.output.index("\n{\n") + 1)
    told = {each["code"] for each in row["findings"] if each["state"] == "error"}
    assert told == {"manifest-fixed"}
    answered = [each.running.output for each in world.emulation.world.commands.values() if each.running]
    everything = "".join(map(unpacked, answered))
    assert PLANTED not in everything and bool(answered) == (way == "run-command")
    if way == "run-command":
        assert PLANTED not in refused.output


def unpacked(output: bytes) -> str:
    """All that left the pod of a command."""
    told, packed = output.decode(), ""
    for line in output.decode().splitlines():
        if line.startswith("akskv data "):
            packed += line.removeprefix("akskv data ")
        elif packed:
            told, packed = told + gzip.decompress(base64.b64decode(packed)).decode(), ""
    return told


@needs_kubectl
def test_no_value_of_a_secret_is_anywhere(world: Station) -> None:
    done = world.az(*APPLY, *ACCOUNT, *SYNCED, "--via", "run-command", "--debug")
    assert done.code == 0, done.output
    journal = "".join(path.read_text() for path in world.journal.rglob("*.jsonl"))
    answered = [each.running.output for each in world.emulation.world.commands.values() if each.running]
    assert answered and journal
    assert MARKER not in done.output + journal + "".join(map(unpacked, answered))
    assert not [each for each in world.requests() if "/secrets/db-pass" in each["url"] and "vault" in each["url"]]


@needs_kubectl
def test_a_cluster_that_is_not_reached_is_written_to_from_inside(station: Station) -> None:
    spec = catalogue.load("sp-ready")
    station.start("sp-ready", clusters=(replace(spec.clusters[0], private=True),))
    printed = station.az(*GENERATE)
    assert printed.code == 0 and "kind: SecretProviderClass" in printed.output, printed.output
    done = station.az(*APPLY)
    assert done.code == 0 and "going through run-command" in done.output, done.output
    invoked = [each for each in station.requests() if each["method"] == "POST" and "/runCommand" in each["url"]]
    assert len(invoked) <= 4


@needs_kubectl
def test_from_an_empty_cluster_with_stock_az_to_a_mounted_secret(station: Station) -> None:
    spec = catalogue.load("sp-none")
    emulation = station.start("sp-none", grants=tuple(each for each in spec.grants if each != READS))
    off = station.az(*GENERATE)
    assert off.code == 4 and "addon-off" in off.output and "kind:" not in off.output, off.output
    turned_on = station.az("aks", "enable-addons", *CLUSTER, "-a", "azure-keyvault-secrets-provider", "-o", "none")
    assert turned_on.code == 0, turned_on.output
    early = station.az(*APPLY)
    assert early.code == 0, early.output
    command = finding(early, "reading-not-granted")
    assert command["state"] == "warning" and "secrets-provider grant" in command["command"]
    profile = station.api_server().properties["addonProfiles"]["azureKeyvaultSecretsProvider"]
    vault = "/subscriptions/{}/resourceGroups/shop-rg/providers/Microsoft.KeyVault/vaults/shop-kv"
    who = ("--assignee-object-id", profile["identity"]["objectId"], "--assignee-principal-type", "ServicePrincipal")
    scope = vault.format(emulation.world.spec.subscriptions[0])
    role = ("role", "assignment", "create", "--role", "Key Vault Secrets User", "--scope", scope, *who)
    assert station.az(*role, "-o", "none").code == 0
    emulation.server.call(lambda: emulation.world.clock.advance(700))
    for _ in range(3):  # the kubelet tries again by itself
        emulation.server.call(lambda: emulation.world.clock.advance(130))
        time.sleep(0.2)
    ready(station)


def test_names_that_are_not_there_leave_no_half_file(world: Station) -> None:
    ended = world.az(*GENERATE, "--secrets", "db-pass", "db-pas")
    assert ended.code == 3 and "kind:" not in ended.output and "No YAML was made" in ended.output, ended.output
    quiet = world.az(*GENERATE, "--secrets", "db-pas", "--only-show-errors")
    assert quiet.code == 3 and "asked-object-missing" in quiet.output and "kind:" not in quiet.output
    accepted = world.az(*GENERATE, "--secrets", "db-pas", "--accept", "asked-object-missing")
    assert accepted.code == 0 and "objectName: db-pas\n" in accepted.output


def test_a_dry_run_writes_nothing(world: Station) -> None:
    ended = world.az(*GENERATE, "--apply", "--dry-run", "-o", "json")
    assert ended.code == 0 and ended.json["status"] == "dry-run" and written(world) == [], ended.output
    manifests: list[dict[str, Any]] = ended.json["manifests"]
    assert [(each["kind"], each["state"]) for each in manifests] == [
        ("SecretProviderClass", "planned"),
        ("Pod", "planned"),
    ]
    assert manifests[0]["manifest"]["spec"]["provider"] == "azure"


def test_the_journal_knows_what_was_asked_for(world: Station) -> None:
    assert world.az(*APPLY, "--secrets", "db-pass", "--workload", "none").code == 0
    [journal] = [path for path in Path(world.journal).rglob("*.jsonl")]
    first = json.loads(journal.read_text().splitlines()[0])
    assert "provider-generate" in journal.name and "db-pass" in json.dumps(first)
