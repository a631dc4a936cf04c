"""Each check of what `generate` is to write."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from azext_akskv.checks.declare import CLUSTER, MANIFESTS, PROVISION
from azext_akskv.failures import Denied, Unavailable
from azext_akskv.flows.drive import look
from azext_akskv.flows.generate import APPLY
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.vault_object import ObjectType
from tests.fake_mounts import seen_by
from tests.fakes import FakeWorld
from tests.generate_worlds import ALL, CLASS, POD, as_account, ready
from tests.mount_builders import a_pod, a_volume
from tests.unit.checks.verdicts import findings, problem, state

CODES = (
    *("namespace-missing", "class-kind-missing", "manifest-differs", "manifest-fixed", "manifest-managed"),
    *("class-in-use", "manifest-rights"),
)


def seen(world: FakeWorld, wanted: Wanted = ALL) -> Snapshot:
    return look(wanted, world.world(), (CLUSTER, PROVISION, MANIFESTS))


def written(folder: Path) -> FakeWorld:
    """What was asked for is there."""
    world = ready(folder)
    assert world.drive(APPLY, ALL).status == "done"
    return world


def differing(folder: Path) -> FakeWorld:
    world = written(folder)
    world.applied[CLASS]["spec"]["parameters"]["keyvaultName"] = "other"
    return world


@pytest.mark.parametrize("code", CODES)
def test_where_nothing_can_be_written_nothing_is_said_of_the_cluster(code: str, tmp_path: Path) -> None:
    world = ready(tmp_path)
    nothing = dataclasses.replace(ALL, vault="no-such")
    assert state(code, seen(world, nothing)) == "skipped" and not world.calls["manifests.look"]


@pytest.mark.parametrize("code", CODES)
def test_what_could_not_be_looked_at_is_unknown(code: str, tmp_path: Path) -> None:
    world = ready(tmp_path)
    world.faults["manifests.look"] = [Unavailable("look at the namespace", "ConnectTimeoutError", "no answer")]
    [finding] = findings(code, seen(world))
    assert finding.state.value == "unknown" and "no answer" in finding.text


def test_nothing_to_mount(tmp_path: Path) -> None:
    world = ready(tmp_path)
    assert state("nothing-to-mount", seen(world)) == "ok"
    world.objects.clear()
    none = problem("nothing-to-mount", seen(world))
    assert none.blocks and "kv1 has no enabled secrets" in none.text and "secret list" in none.command
    assert state("nothing-to-read", seen(world)) == "skipped"  # it is said once


def test_nothing_to_mount_is_unknown_where_the_vault_does_not_tell(tmp_path: Path) -> None:
    world = ready(tmp_path)
    world.objects_closed[ObjectType.SECRET] = "public network access is disabled"
    [finding] = findings("nothing-to-mount", seen(world))
    assert finding.state.value == "unknown" and finding.blocks and "public network access" in finding.text


def test_file_twice(tmp_path: Path) -> None:
    world = ready(tmp_path)
    assert state("file-twice", seen(world)) == "ok"
    both = tuple(
        AskedObject(of, name, alias="f") for of, name in ((ObjectType.SECRET, "db-pass"), (ObjectType.CERT, "web"))
    )
    found = problem("file-twice", seen(world, dataclasses.replace(ALL, all_of=(), objects=both)))
    assert found.blocks and "secret db-pass and cert web would be the same file f" in found.text


def test_namespace_missing(tmp_path: Path) -> None:
    world = ready(tmp_path)
    assert state("namespace-missing", seen(world)) == "ok"
    away = dataclasses.replace(ALL, namespaces=("team-a",))
    found = problem("namespace-missing", seen(world, away))
    assert found.blocks and not found.may_accept and found.command == "kubectl create namespace team-a"
    world.phases["team-a"] = "Terminating"
    assert "is Terminating" in problem("namespace-missing", seen(world, away)).text
    world.namespaces_told = False
    assert problem("namespace-missing", seen(world, away)).state.value == "warning"


def test_class_kind_missing(tmp_path: Path) -> None:
    world = ready(tmp_path)
    assert state("class-kind-missing", seen(world)) == "ok"
    world.driver_there = False
    assert "secrets-provider enable" in problem("class-kind-missing", seen(world)).command


def test_manifest_differs(tmp_path: Path) -> None:
    assert state("manifest-differs", seen(written(tmp_path / "same"))) == "ok"
    found = problem("manifest-differs", seen(differing(tmp_path / "other")))
    assert found.blocks and found.may_accept and "the parameter keyvaultname is 'other', to be 'kv1'" in found.text
    assert found.command.startswith("kubectl get secretproviderclasses") and "--class-name" in found.why


def test_many_differences_are_counted(tmp_path: Path) -> None:
    world = written(tmp_path)
    world.applied[CLASS]["spec"]["parameters"] |= {f"more{each}": "x" for each in range(9)}
    assert problem("manifest-differs", seen(world)).text.endswith("; and 4 more")


def test_manifest_fixed(tmp_path: Path) -> None:
    world = written(tmp_path)
    assert state("manifest-fixed", seen(world)) == "ok"
    world.applied[POD]["spec"]["serviceAccountName"] = "theirs"
    found = problem("manifest-fixed", seen(world))
    assert found.blocks and not found.may_accept and "the service account is 'theirs', to be 'default'" in found.text
    assert "--workload none" in found.why and state("manifest-differs", seen(world)) == "ok"


def test_manifest_managed(tmp_path: Path) -> None:
    world = differing(tmp_path)
    assert state("manifest-managed", seen(world)) == "ok"
    world.applied[CLASS]["metadata"]["labels"] = {"argocd.argoproj.io/instance": "shop"}
    found = problem("manifest-managed", seen(world))
    assert not found.blocks and "kept by Argo CD ('shop')" in found.text


def test_class_in_use(tmp_path: Path) -> None:
    world = differing(tmp_path)
    assert state("class-in-use", seen(world)) == "ok"
    pods = [a_pod(name, namespace="default", volumes=[a_volume(class_name="kv1")]) for name in ("a", "b")]
    elsewhere = a_pod("c", namespace="shop", volumes=[a_volume(class_name="kv1")])
    world.seen = seen_by(pods=[*pods, elsewhere])
    found = problem("class-in-use", seen(world))
    assert not found.blocks and found.text == "2 pods mount the SecretProviderClass default/kv1: a; b"
    world.faults["mounts.look"] = [Denied("list pods", "Forbidden", "pods is forbidden")]
    [unknown] = findings("class-in-use", seen(world))
    assert unknown.state.value == "unknown" and not unknown.blocks


def test_manifest_rights(tmp_path: Path) -> None:
    world = ready(tmp_path)
    assert state("manifest-rights", seen(world, as_account())) == "ok"
    world.refused_rights = {"create secretproviderclasses"}
    found = problem("manifest-rights", seen(world))
    assert found.blocks and found.may_accept
    assert "create secretproviderclasses.secrets-store.csi.x-k8s.io in default" in found.text
    assert found.command.startswith("kubectl auth can-i create secretproviderclasses.secrets-store.csi.x-k8s.io")
    changing = differing(tmp_path / "other")
    changing.refused_rights = {"patch secretproviderclasses", "create pods"}  # the pod is there
    assert "patch secretproviderclasses" in problem("manifest-rights", seen(changing)).text
