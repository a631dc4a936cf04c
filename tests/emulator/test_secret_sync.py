"""The controller of the Secret Store: rotation, force, repairs, parts, what it leaves alone, what goes with it."""

from __future__ import annotations

import json
from typing import Any

from emulator.providers.managedidentity import federated
from emulator.worlds.synced_secrets import CLASS, NAME, provider_class, secret_sync
from tests.emulator.arm_client import IDENTITY, VAULT
from tests.emulator.edge_client import CLASSES, EDGE, SECRETS, STORE, SYNCS, Edge, V

SYNC = f"{SYNCS}/{NAME}"
LABEL = "secrets-store.sync.x-k8s.io/secretsync"
CREATED, UNCHANGED = "CreateSucceeded", "UpdateNoValueChangeSucceeded"
CHANGED = "UpdateValueChangeOrForceUpdateSucceeded"
DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/secretsyncs.secret-sync.x-k8s.io"


def patched(edge: Edge, path: str, change: Any) -> Any:
    answer = edge.api.patch(path, change)
    assert answer.status == 200, answer.body
    return answer.body


def forced(edge: Edge, value: str = "now") -> None:
    patched(edge, SYNC, {"spec": {"forceSynchronization": value}})
    edge.api("GET", SYNC)


def reason(edge: Edge, kind: str = "Update") -> str:
    return str(edge.conditions()[kind]["reason"])


def test_the_secret_has_the_versions_the_label_and_its_owner() -> None:
    edge = Edge("ss-healthy")
    assert edge.data() == {"current": "correct-horse-staple-2", "previous": "correct-horse-staple-1"}
    found, sync = edge.api("GET", f"{SECRETS}/{NAME}").body, edge.api("GET", SYNC).body
    assert found["metadata"]["labels"] == {LABEL: NAME} and found["type"] == "Opaque"
    [owner] = found["metadata"]["ownerReferences"]
    assert owner == {
        "apiVersion": "secret-sync.x-k8s.io/v1alpha1",
        "kind": "SecretSync",
        "name": NAME,
        "uid": sync["metadata"]["uid"],
    }
    assert sync["status"]["syncHash"] and sync["status"]["lastSuccessfulSyncTime"] == "2026-03-01T11:40:00Z"
    assert sync["metadata"]["generation"] == 1


def test_a_new_version_comes_with_the_next_look_and_not_before() -> None:
    edge = Edge("ss-healthy")
    edge.renew("rotated")
    edge.wait(2000)
    assert edge.data()["current"] == "correct-horse-staple-2"
    edge.wait(500)
    assert edge.data() == {"current": "rotated", "previous": "correct-horse-staple-2"}
    assert reason(edge) == CHANGED and reason(edge, "Create") == CREATED
    before = edge.api("GET", SYNC).body["status"]
    edge.wait(3600)
    after = edge.api("GET", SYNC).body["status"]
    assert reason(edge) == UNCHANGED and after["syncHash"] == before["syncHash"]
    assert after["lastSuccessfulSyncTime"] == "2026-03-01T13:40:00Z" > before["lastSuccessfulSyncTime"]


def test_any_other_value_forces_it() -> None:
    edge = Edge("ss-rotation-waits")
    assert edge.data()["current"] == "correct-horse-staple-2"
    forced(edge)
    assert edge.data()["current"] == "correct-horse-staple-renewed" and reason(edge) == CHANGED
    edge.renew("again")
    forced(edge)
    assert edge.data()["current"] == "correct-horse-staple-renewed", "the same value is no change"
    forced(edge, "later")
    assert edge.data()["current"] == "again"
    assert edge.api("GET", SYNC).body["metadata"]["generation"] == 3


def test_the_interval_and_its_jitter_are_settings() -> None:
    edge = Edge("ss-healthy")
    settings = {"rotationPollIntervalInSeconds": "1300", "jitterSeconds": "600"}
    edge.finish(edge.arm("PATCH", STORE + V, {"properties": {"configurationSettings": settings}}))
    edge.wait(0)
    edge.renew("rotated")
    waited = 0
    while edge.data()["current"] != "rotated":
        edge.wait(20)
        waited += 20
        assert waited <= 1920
    assert waited >= 1300


def test_a_controller_that_starts_looks_at_everything() -> None:
    edge = Edge("ss-rotation-waits")
    path = "/apis/apps/v1/namespaces/azure-secret-store/deployments/secrets-store-sync-controller-manager"
    patched(edge, path, {"spec": {"replicas": 0}})
    edge.wait(1)
    assert edge.data()["current"] == "correct-horse-staple-2"
    patched(edge, path, {"spec": {"replicas": 1}})
    edge.wait(1)
    edge.wait(1)
    assert edge.data()["current"] == "correct-horse-staple-renewed"


def test_a_writer_of_the_object_does_not_write_its_status() -> None:
    edge = Edge("ss-healthy")
    patched(edge, SYNC, {"status": {"syncHash": "mine", "conditions": []}})
    assert edge.api("GET", SYNC).body["status"]["syncHash"] != "mine"
    body = secret_sync()
    body["status"] = {"syncHash": "mine"}
    body["metadata"]["name"] = "other"
    assert "status" not in edge.api("POST", SYNCS, body).body


def test_a_provider_error_heals_by_itself_when_its_cause_is_gone() -> None:
    edge = Edge("ss-no-role")
    assert reason(edge, "Create") == "ProviderError" and "ForbiddenByRbac" in edge.log()
    edge.arm.grant("shop-id", "Key Vault Secrets User", VAULT)
    edge.wait(1100)
    assert edge.data()["current"] and reason(edge, "Create") == CREATED


def test_the_tokens_issuer_decides_whether_entra_believes_it() -> None:
    edge = Edge("ss-default-issuer")
    assert "AADSTS700211" in edge.log() and "https://kubernetes.default.svc.cluster.local" in edge.log()
    issuer = edge.properties(EDGE)["oidcIssuerProfile"]["issuerUrl"]
    edge.server.arguments.written["config"] = (f"service-account-issuer={issuer}",)
    edge.server.restart()
    forced(edge)
    assert edge.data()["current"]


def test_a_federated_credential_for_the_right_account_lets_it_in() -> None:
    edge = Edge("ss-fic-subject")
    assert "AADSTS700213" in edge.log()
    identity = edge.world.resources.get(IDENTITY)
    assert identity is not None
    properties = {
        "issuer": edge.server.issuer,
        "subject": "system:serviceaccount:shop:shop-sync",
        "audiences": ["api://AzureADTokenExchange"],
    }
    federated.put(edge.world, identity, "right", properties, edge.world.clock.now())
    forced(edge)
    assert edge.data()["current"]


def test_cut_off_it_serves_what_it_has_and_says_so() -> None:
    edge = Edge("ss-offline")
    assert edge.data()["current"] == "correct-horse-staple-2"
    conditions = edge.conditions()
    assert conditions["Create"]["status"] == "True" and conditions["Update"]["reason"] == "ProviderError"
    assert "server misbehaving" in edge.log()
    edge.renew("meanwhile")
    edge.server.reconnect()
    edge.wait(1100)
    assert edge.data()["current"] == "meanwhile" and edge.conditions()["Update"]["status"] == "True"


def test_in_parts_what_fails_keeps_its_old_value_and_the_message_names_it() -> None:
    edge = Edge("ss-partial")
    edge.wait(1)
    told = json.loads(edge.conditions()["Update"]["message"])
    assert (
        set(told) == {"other"}
        and "SecretNotFound" in told["other"]
        and edge.data() == {"current": "correct-horse-staple-2"}
    )
    edge.world.keyvault.secrets.set("shop-kv.vault.emulator.test", "gone", {"value": "here"})
    forced(edge)
    assert edge.data()["other"] == "here" and reason(edge) == CHANGED
    edge.world.keyvault.secrets.delete("shop-kv.vault.emulator.test", "gone")
    edge.renew("rotated")
    forced(edge, "again")
    assert edge.data() == {"current": "rotated", "other": "here"} and reason(edge) == "PartialSync"


def test_all_or_nothing_is_nothing() -> None:
    edge = Edge("ss-all-or-nothing")
    assert reason(edge, "Create") == "ProviderError" and edge.api("GET", f"{SECRETS}/{NAME}").status == 404


def test_a_secret_of_somebody_else_is_left_alone_until_it_is_gone() -> None:
    for world, told in (
        ("ss-label", "InvalidClusterSecretLabelError"),
        ("ss-annotation", "InvalidClusterSecretAnnotationError"),
    ):
        edge = Edge(world)
        assert reason(edge, "Create") == told and set(edge.data()) == {"current"}
        edge.api("DELETE", f"{SECRETS}/{NAME}")
        forced(edge)
        assert reason(edge, "Create") == CREATED and set(edge.data()) == {"current", "previous"}


def test_a_secret_that_was_deleted_comes_back_with_the_next_look() -> None:
    edge = Edge("ss-healthy")
    edge.api("DELETE", f"{SECRETS}/{NAME}")
    edge.wait(600)
    assert edge.api("GET", f"{SECRETS}/{NAME}").status == 404
    edge.wait(3600)
    assert edge.data()["current"] == "correct-horse-staple-2"


def test_labels_and_annotations_are_written_and_those_of_others_stay() -> None:
    edge = Edge("ss-healthy")
    patched(edge, f"{SECRETS}/{NAME}", {"metadata": {"labels": {"theirs": "1"}}})
    wanted = {"labels": {"team": "a"}, "annotations": {"note": "b"}}
    patched(edge, SYNC, {"spec": {"secretObject": wanted}})
    metadata = edge.api("GET", f"{SECRETS}/{NAME}").body["metadata"]
    assert metadata["labels"] == {"theirs": "1", "team": "a", LABEL: NAME} and metadata["annotations"] == {"note": "b"}


def test_the_type_does_not_change_and_some_types_are_refused() -> None:
    changed, refused = Edge("ss-type-changed"), Edge("ss-type-refused")
    changed.wait(1)
    assert reason(changed) == "ValidatingAdmissionPolicyCheckFailed" and changed.data()["current"]
    assert "The controller can only create or update secrets in the allowed types list" in changed.log("manager")
    assert "failed to CREATE secret with shop.example/own type in the shop namespace" in refused.log("manager")
    without = {"properties": {"configurationSettings": {"validatingAdmissionPolicies.applyPolicies": "false"}}}
    changed.finish(changed.arm("PATCH", STORE + V, without))
    forced(changed)
    assert reason(changed) == "UnknownError" and "field is immutable" in changed.log("manager")


def test_the_secret_goes_with_its_owner_unless_somebody_has_seen_to_that() -> None:
    edge = Edge("ss-healthy")
    edge.api("DELETE", SYNC)
    edge.api("GET", SYNCS)
    assert edge.api("GET", f"{SECRETS}/{NAME}").status == 404
    for change in ({"ownerReferences": None}, {"finalizers": ["shop.example/keep"]}):
        kept = Edge("ss-healthy")
        patched(kept, f"{SECRETS}/{NAME}", {"metadata": change})
        kept.api("DELETE", SYNC)
        kept.api("GET", SYNCS)
        assert kept.api("GET", f"{SECRETS}/{NAME}").status == 200


def test_the_secret_stays_where_the_deletion_is_to_orphan_it() -> None:
    edge = Edge("ss-healthy")
    assert edge.api("DELETE", SYNC, {"propagationPolicy": "Orphan", "dryRun": ["All"]}).status == 200
    assert edge.api("GET", f"{SECRETS}/{NAME}").body["metadata"]["ownerReferences"]
    assert edge.api("DELETE", SYNC, {"propagationPolicy": "Orphan"}).status == 200
    edge.api("GET", SYNCS)
    left = edge.api("GET", f"{SECRETS}/{NAME}")
    assert left.status == 200 and not left.body["metadata"]["ownerReferences"]


def test_the_objects_go_with_their_definition_and_their_secrets_with_them() -> None:
    edge = Edge("ss-removed")
    assert edge.api("GET", SYNC).status == 200 and edge.data()["current"]
    assert edge.api("DELETE", DEFINITION).status == 200
    edge.api("GET", SECRETS)
    assert edge.api("GET", SYNC).status == 404 and edge.api("GET", f"{SECRETS}/{NAME}").status == 404


def test_an_unchanged_class_of_another_namespace_does_not_count() -> None:
    edge = Edge("ss-class-elsewhere")
    assert reason(edge, "Create") == "ControllerSpcError"
    assert f'failed to get SecretProviderClass "{CLASS}"' in edge.log("manager").replace("\\", "")
    edge.api("POST", CLASSES, provider_class("ss-class-elsewhere"))
    edge.wait(1100)
    assert edge.data()["current"]


def test_failures_are_told_as_events_of_the_object() -> None:
    edge = Edge("ss-no-role")
    events = edge.api("GET", "/api/v1/namespaces/shop/events").body["items"]
    [told] = [one for one in events if one["involvedObject"]["kind"] == "SecretSync"]
    assert told["reason"] == "ProviderError" and "ForbiddenByRbac" in told["message"] and told["type"] == "Warning"


def test_nobody_writes_a_value_into_a_log() -> None:
    edge = Edge("ss-partial")
    assert "correct-horse" not in edge.log() + edge.log("manager")


def test_an_akv_sync_makes_the_other_objects_and_tells_of_them() -> None:
    edge = Edge("ss-akv-sync")
    path = SYNCS.replace("secretsyncs", "akvsyncs") + "/shop"
    assert edge.data() == {"v0": "correct-horse-staple-2", "v1": "correct-horse-staple-1"}
    [sync] = edge.api("GET", SYNCS).body["items"]
    assert sync["metadata"]["ownerReferences"][0]["kind"] == "AKVSync"
    [told] = edge.api("GET", path).body["status"]["secretSyncs"]
    assert told["name"] == NAME and told["conditions"][0]["reason"] == CREATED
    patched(edge, path, {"spec": {"objects": [{"secretInAKV": NAME}]}})
    edge.api("GET", SYNCS)
    assert edge.data() == {"v0": "correct-horse-staple-2"}
    edge.api("DELETE", path)
    edge.api("GET", SYNCS)
    edge.api("GET", SYNCS)
    assert edge.api("GET", SYNCS).body["items"] == edge.api("GET", CLASSES).body["items"] == []
    assert edge.api("GET", f"{SECRETS}/{NAME}").status == 404


def test_a_certificate_becomes_a_secret_for_tls() -> None:
    edge = Edge("ss-tls")
    data = edge.data("web-tls")
    assert "BEGIN CERTIFICATE" in data["tls.crt"] and "PRIVATE KEY" not in data["tls.crt"]
    assert "PRIVATE KEY" in data["tls.key"] and "BEGIN CERTIFICATE" not in data["tls.key"]
