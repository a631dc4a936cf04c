"""`az aks kv secrets-provider generate` against the Azure and the cluster in memory."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from azext_akskv.engine.result import Result, exit_code_of
from azext_akskv.failures import Conflict, Denied
from azext_akskv.flows.generate import APPLY, generate
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.mounts.manifests.manifest import Kind, Ref
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.vault import parse_vault
from azext_akskv.model.vault_object import ObjectType
from tests.builders import IDENTITY, NOW, VAULT, an_identity
from tests.fake_manifests import names
from tests.fake_mounts import seen_by
from tests.fake_provider import ADDON_CLIENT, ADDON_PRINCIPAL
from tests.fakes import Crash, FakeWorld
from tests.generate_worlds import ACCOUNT, ALL, CLASS, DEPLOYMENT, POD, a_version, as_account, ready
from tests.mount_builders import a_pod, a_volume


def applied(world: FakeWorld, wanted: Wanted = ALL, accept: tuple[str, ...] = ()) -> Result:
    return world.drive(APPLY, wanted, accept=accept)


def errors(result: Any) -> set[str]:
    return {each.code for each in result.findings if each.blocks}


def states(result: Result) -> dict[str, str]:
    return {step.code: step.state for step in result.steps}


def asked(of: ObjectType, name: str, **more: str) -> Wanted:
    return dataclasses.replace(ALL, all_of=(), objects=(AskedObject(of, name, **more),))


def test_what_is_enabled_in_the_vault_is_written_and_a_second_run_writes_nothing(tmp_path: Path) -> None:
    world = ready(tmp_path)
    result = applied(world)
    assert (result.status, result.exit_code) == ("done", 0), result.trouble
    assert list(world.applied) == [CLASS, POD]
    parameters = world.applied[CLASS]["spec"]["parameters"]
    assert parameters["userAssignedIdentityID"] == ADDON_CLIENT
    assert "db-pass" in parameters["objects"] and "old" not in parameters["objects"]
    assert "secrets-provider verify" in result.onward and "--class-name kv1" in result.onward
    world.writes.clear()
    again = applied(world)
    assert again.status == "done" and not world.writes
    assert set(states(again).values()) == {"already"}


def test_a_dry_run_writes_nothing_and_no_lease_is_taken(tmp_path: Path) -> None:
    world = ready(tmp_path)
    result = world.drive(APPLY, ALL, dry_run=True)
    assert result.status == "dry-run" and not world.writes and not world.applied
    assert states(result) == {"put-secretproviderclass": "planned", "put-pod": "planned"}
    assert not [call for call in world.calls if call.startswith("lease.")]


def test_yaml_alone_asks_nothing_of_the_cluster(tmp_path: Path) -> None:
    world = ready(tmp_path)
    found = generate(world.world(), ALL)
    assert names(each.ref for each in found.manifests) == ["SecretProviderClass default/kv1", "Pod default/kv1-reader"]
    assert not [call for call in world.calls if call.startswith(("manifests.", "secrets.", "mounts.", "lease."))]
    assert not world.writes and exit_code_of(found.findings) == 0


def test_with_workload_identity_the_account_comes_first(tmp_path: Path) -> None:
    world = ready(tmp_path)
    result = applied(world, as_account())
    assert result.status == "done", result.trouble
    assert list(world.applied) == [ACCOUNT, CLASS, POD]
    client = an_identity().client_id.lower()
    assert world.applied[ACCOUNT]["metadata"]["annotations"] == {"azure.workload.identity/client-id": client}
    assert world.applied[CLASS]["spec"]["parameters"]["clientID"] == client
    spec = world.applied[POD]["spec"]
    assert spec["serviceAccountName"] == "shop"
    assert world.applied[POD]["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    told = {each.code: each.state.value for each in result.findings}
    assert told["issuer-off"] == told["reading-not-granted"] == "warning"  # other commands mend that


def test_an_account_that_is_there_keeps_what_others_wrote(tmp_path: Path) -> None:
    world = ready(tmp_path)
    body = {"metadata": {"name": "shop", "namespace": "default", "annotations": {"team": "shop"}}, "secrets": [1]}
    world.put(ACCOUNT, body)
    refused = applied(world, as_account())
    assert refused.exit_code == 4 and errors(refused) == {"manifest-differs"} and not world.writes
    assert applied(world, as_account(), ("manifest-differs",)).status == "done"
    kept = world.applied[ACCOUNT]
    assert kept["metadata"]["annotations"]["team"] == "shop" and kept["secrets"] == [1]


def test_a_class_that_differs_is_told_in_words_and_changed_when_accepted(tmp_path: Path) -> None:
    world = ready(tmp_path)
    applied(world)
    spec = world.applied[CLASS]["spec"]
    spec["parameters"] |= {"userAssignedIdentityID": "somebody", "cloudName": "AzureChinaCloud"}
    spec["secretObjects"] = [{"secretName": "theirs", "type": "Opaque", "data": []}]
    world.applied[CLASS]["metadata"]["labels"] = {"team": "shop"}
    world.writes.clear()
    refused = applied(world)
    [finding] = [each for each in refused.findings if each.code == "manifest-differs"]
    assert refused.exit_code == 4 and not world.writes
    assert (
        "userassignedidentityid is 'somebody'" in finding.text and "the Secret theirs is there as well" in finding.text
    )
    assert "the parameter cloudname is there as well" in finding.text
    assert applied(world, accept=("manifest-differs",)).status == "done"
    changed = world.applied[CLASS]
    assert "cloudName" not in changed["spec"]["parameters"] and "secretObjects" not in changed["spec"]
    assert changed["metadata"]["labels"] == {"team": "shop"}


def test_the_same_written_otherwise_is_the_same(tmp_path: Path) -> None:
    """Names in other letters' case, flags that are false, another order, other quotes."""
    world = ready(tmp_path)
    vault = parse_vault(world.vaults[VAULT], NOW)
    world.hold(vault, a_version(ObjectType.SECRET, "api-key"))
    applied(world)
    parameters = world.applied[CLASS]["spec"]["parameters"]
    parameters["tenantId"] = parameters.pop("tenantID").upper()
    parameters |= {"useAzureTokenProxy": "false", "cloudName": "", "useVMManagedIdentity": "TRUE"}
    parameters["objects"] = (
        'array:\n- |\n  {objectType: "Secret", objectName: db-pass}\n- "objectName: api-key\\nobjectType: secret"\n'
    )
    world.writes.clear()
    assert applied(world).status == "done" and not world.writes


def test_a_pod_is_never_changed(tmp_path: Path) -> None:
    world = ready(tmp_path)
    applied(world)
    wanted = dataclasses.replace(ALL, synced_secret="shop")
    refused = applied(world, wanted, ("manifest-differs", "manifest-fixed"))
    assert refused.status == "refused" and errors(refused) == {"manifest-fixed"}
    other = dataclasses.replace(wanted, class_name="second")
    assert applied(world, other).status == "done"
    assert Ref(Kind.POD, "default", "second-reader") in world.applied


def test_a_deployment_of_ours_is_changed_and_one_with_other_labels_is_not(tmp_path: Path) -> None:
    world = ready(tmp_path)
    wanted = dataclasses.replace(ALL, workload="deployment")
    assert applied(world, wanted).status == "done"
    synced = dataclasses.replace(wanted, synced_secret="shop")
    assert errors(applied(world, synced)) == {"manifest-differs"}
    assert applied(world, synced, ("manifest-differs",)).status == "done"
    [container] = world.applied[DEPLOYMENT]["spec"]["template"]["spec"]["containers"]
    assert container["env"][0]["valueFrom"]["secretKeyRef"] == {"name": "shop", "key": "db-pass"}
    world.applied[DEPLOYMENT]["spec"]["selector"] = {"matchLabels": {"app": "theirs"}}
    assert errors(applied(world, synced)) == set()  # it mounts as it shall
    world.applied[DEPLOYMENT]["spec"]["template"]["spec"]["serviceAccountName"] = "theirs"
    assert errors(applied(world, wanted, ("manifest-differs",))) == {"manifest-fixed"}


MARKS = {
    "Helm (release 'shop')": {"annotations": {"meta.helm.sh/release-name": "shop"}},
    "Argo CD ('apps:shop')": {"annotations": {"argocd.argoproj.io/tracking-id": "apps:shop"}},
    "Flux ('shop')": {"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}},
    "kustomize": {"labels": {"app.kubernetes.io/managed-by": "kustomize"}},
    "Shop 'main'": {"ownerReferences": [{"kind": "Shop", "name": "main", "controller": True}]},
}


@pytest.mark.parametrize("who", MARKS)
def test_who_would_put_it_back_is_told(who: str, tmp_path: Path) -> None:
    world = ready(tmp_path)
    applied(world)
    assert "manifest-managed" not in {each.code for each in applied(world).findings if each.state.value == "warning"}
    world.applied[CLASS]["metadata"] |= MARKS[who]
    world.applied[CLASS]["spec"]["parameters"]["keyvaultName"] = "other"
    refused = applied(world)
    [finding] = [each for each in refused.findings if each.code == "manifest-managed"]
    assert finding.state.value == "warning" and who in finding.text


def test_pods_that_mount_a_class_that_changes_are_named(tmp_path: Path) -> None:
    world = ready(tmp_path)
    applied(world)
    world.applied[CLASS]["spec"]["parameters"]["keyvaultName"] = "other"
    pod = a_pod("web", namespace="default", volumes=[a_volume(class_name="kv1")])
    world.seen = seen_by(pods=[pod])
    [finding] = [each for each in applied(world).findings if each.code == "class-in-use"]
    assert finding.state.value == "warning" and finding.text.endswith("SecretProviderClass default/kv1: web")


def test_a_namespace_is_looked_at_and_never_made(tmp_path: Path) -> None:
    world = ready(tmp_path)
    nowhere = dataclasses.replace(ALL, namespaces=("nowhere",))
    refused = applied(world, nowhere)
    assert errors(refused) == {"namespace-missing"} and refused.exit_code == 4 and not world.writes
    world.phases["nowhere"] = "Terminating"
    assert errors(applied(world, nowhere)) == {"namespace-missing"}
    world.phases["nowhere"], world.namespaces_told = "Active", False
    assert applied(world, nowhere).status == "done"  # whoever may not look at namespaces may still write in one


def test_rights_are_asked_for_first(tmp_path: Path) -> None:
    world = ready(tmp_path)
    world.refused_rights = {"create pods"}
    refused = applied(world)
    assert errors(refused) == {"manifest-rights"} and not world.writes
    assert "create pods in default" in next(each.text for each in refused.findings if each.blocks)


def test_without_the_driver_nothing_is_written(tmp_path: Path) -> None:
    world = ready(tmp_path)
    world.driver_there = False
    refused = applied(world)
    assert errors(refused) == {"class-kind-missing"} and not world.writes
    assert generate(world.world(), ALL).manifests  # the YAML is for later


def test_what_came_since_the_plan_is_not_written_over(tmp_path: Path) -> None:
    world = ready(tmp_path)
    theirs = {"metadata": {"name": "kv1", "namespace": "default"}, "spec": {"provider": "azure", "parameters": {}}}
    world.moments.then["after the line plan"] = lambda: world.put(CLASS, theirs)
    failed = applied(world)
    assert failed.status == "failed" and failed.trouble and "since the plan was shown" in failed.trouble.text
    assert world.applied[CLASS]["spec"] == theirs["spec"]


def test_what_changed_since_the_plan_is_not_written_over(tmp_path: Path) -> None:
    world = ready(tmp_path)
    applied(world)
    world.applied[CLASS]["spec"]["parameters"]["keyvaultName"] = "other"
    world.writes.clear()
    world.moments.then["after the line plan"] = lambda: world.put(CLASS, world.applied[CLASS])
    failed = applied(world, accept=("manifest-differs",))
    assert failed.status == "failed" and failed.exit_code == 1
    assert world.applied[CLASS]["spec"]["parameters"]["keyvaultName"] == "other"


def test_a_write_whose_answer_was_lost_is_found_by_a_look(tmp_path: Path) -> None:
    world = ready(tmp_path)

    def lost() -> None:
        raise Conflict("make", "AlreadyExists", "it was made by the request before, which was asked again")

    world.moments.then["after manifests.create SecretProviderClass"] = lost
    assert applied(world).status == "done"


def test_a_refusal_of_admission_is_told_with_what_was_done(tmp_path: Path) -> None:
    world = ready(tmp_path)
    world.faults["manifests.create Pod"] = [Denied("make the Pod", "Forbidden", "admission webhook denied the request")]
    failed = applied(world)
    assert failed.status == "failed" and states(failed) == {"put-secretproviderclass": "done", "put-pod": "failed"}
    assert applied(world).status == "done"


def test_a_name_that_is_not_in_the_vault_stops_it(tmp_path: Path) -> None:
    world = ready(tmp_path)
    wanted = asked(ObjectType.SECRET, "nothere")
    found = generate(world.world(), wanted)
    assert found.blocked and exit_code_of(found.findings) == 3
    assert generate(world.world(), wanted, ("asked-object-missing",)).manifests
    assert errors(applied(world, wanted)) == {"asked-object-missing"} and not world.writes


def test_a_vault_with_nothing_to_mount_stops_it(tmp_path: Path) -> None:
    world = ready(tmp_path)
    world.objects.clear()
    found = generate(world.world(), ALL)
    assert errors(found) == {"nothing-to-mount"} and not found.manifests and exit_code_of(found.findings) == 4


def test_two_objects_of_one_file_stop_it(tmp_path: Path) -> None:
    world = ready(tmp_path)
    objects = (AskedObject(ObjectType.SECRET, "db-pass", alias="web"), AskedObject(ObjectType.CERT, "web", alias="web"))
    wanted = dataclasses.replace(ALL, all_of=(), objects=objects)
    assert errors(generate(world.world(), wanted)) == {"file-twice"}
    assert errors(applied(world, wanted)) == {"file-twice"}


def test_everything_of_all_types_has_files_of_its_own(tmp_path: Path) -> None:
    world = ready(tmp_path)
    world.hold(parse_vault(world.vaults[VAULT], NOW), a_version(ObjectType.KEY, "db-pass"))
    wanted = dataclasses.replace(ALL, all_of=tuple(ObjectType))
    result = applied(world, wanted)
    assert result.status == "done", result.trouble
    told = world.applied[CLASS]["spec"]["parameters"]["objects"]
    assert "objectAlias: db-pass-key" in told and told.count("objectName") == 4


def test_an_add_on_that_is_off_stops_it_unless_another_identity_reads(tmp_path: Path) -> None:
    world = ready(tmp_path)
    assert world.cluster
    world.cluster["properties"]["addonProfiles"] = {}
    assert errors(generate(world.world(), ALL)) == {"addon-off"}
    found = generate(world.world(), dataclasses.replace(ALL, identity=IDENTITY))
    assert found.manifests and not found.blocked


def test_rights_that_are_still_to_be_given_do_not_stop_it(tmp_path: Path) -> None:
    world = ready(tmp_path)
    world.grants.clear()
    found = generate(world.world(), ALL)
    [finding] = [each for each in found.findings if each.code == "reading-not-granted"]
    assert finding.state.value == "warning" and "secrets-provider grant" in finding.command
    assert applied(world).status == "done"


def test_a_synced_certificate_takes_the_right_to_read_secrets(tmp_path: Path) -> None:
    world = ready(tmp_path)
    properties = world.vaults[VAULT]["properties"]
    only = {"objectId": ADDON_PRINCIPAL, "permissions": {"certificates": ["get"]}}
    properties |= {"enableRbacAuthorization": False, "accessPolicies": [only]}
    wanted = asked(ObjectType.CERT, "web")
    assert "reading-not-granted" not in {each.code for each in generate(world.world(), wanted).findings if each.command}
    found = generate(world.world(), dataclasses.replace(wanted, synced_secret="shop"))
    [finding] = [each for each in found.findings if each.code == "reading-not-granted" and each.command]
    assert "get on secrets" in finding.why and "--secrets web --certificates web" in finding.command
    every = dataclasses.replace(ALL, all_of=(ObjectType.CERT,), synced_secret="shop")
    [finding] = [
        each for each in generate(world.world(), every).findings if each.code == "reading-not-granted" and each.command
    ]
    assert "--secrets --certificates" in finding.command


def test_a_stopped_cluster_can_be_prepared_but_not_written_to(tmp_path: Path) -> None:
    world = ready(tmp_path)
    assert world.cluster
    world.cluster["properties"]["powerState"] = {"code": "Stopped"}
    assert generate(world.world(), ALL).manifests
    refused = applied(world)
    assert "cluster-stopped" in errors(refused) and not world.calls["manifests.look"]


@pytest.mark.parametrize("with_journal", [True, False], ids=["with-the-journal", "from-another-machine"])
def test_the_same_command_finishes_a_run_that_was_killed_anywhere(with_journal: bool, tmp_path: Path) -> None:
    wanted = dataclasses.replace(as_account(), workload="deployment", synced_secret="shop")
    whole = ready(tmp_path / "whole")
    assert applied(whole, wanted).status == "done"
    moments = len(whole.moments.passed)
    assert moments > 15
    for moment in range(moments):
        world = ready(tmp_path / str(moment))
        world.moments.crash_at = moment
        with pytest.raises(Crash):
            applied(world, wanted)
        world.moments.crash_at = None
        if not with_journal:
            world.forget()
        assert applied(world, wanted).status == "done", moment
        assert list(world.applied) == [ACCOUNT, CLASS, DEPLOYMENT]
        assert all(count == 1 for call, count in world.writes.items() if call.startswith("manifests.")), moment
