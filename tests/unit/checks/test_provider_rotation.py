"""Each check of how what is mounted is read again, and of how old it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from azext_akskv.model.addon import Addon
from azext_akskv.model.observed import Observed
from azext_akskv.model.times import parse_time
from azext_akskv.model.vault_object import ObjectType, VaultObject
from tests.mount_builders import NODE, STARTED, SYNCED, Json, a_class, a_pod, a_status
from tests.unit.checks.mount_views import GAP, OFF, ON, chart, looked
from tests.unit.checks.verdicts import problem, state

STILL = Addon(present=True, enabled=True)
MOUNTED_AT = parse_time(STARTED)
SECRET, KEY, CERT = ObjectType
DB, TLS = ("shop-kv", SECRET, "db-pass"), ("shop-kv", CERT, "web-tls")
HISTORY = "array:\n  - |\n    objectName: db-pass\n    objectType: secret\n    objectVersionHistory: 5\n"
PINNED = "array:\n  - |\n    objectName: db-pass\n    objectType: secret\n    objectVersion: v1\n"


def quiet(name: str = "web-0") -> Json:
    """A pod that reads the mounted folder alone."""
    mount = {"name": "store", "mountPath": "/mnt/store"}
    return a_pod(name, containers=[{"name": "web", "volumeMounts": [mount]}])


def version(key: tuple[str, ObjectType, str], name: str | None, hours: float, *, enabled: bool = True) -> VaultObject:
    """Made so many hours after the mount."""
    assert MOUNTED_AT
    return VaultObject(key[1], key[2], enabled, name, created=MOUNTED_AT + timedelta(hours=hours))


def mounted(**given: Any) -> Any:
    """v1 of a secret and v7 of a certificate, which are the only ones."""
    objects = {DB[:2]: Observed((version(DB, None, -9),)), TLS[:2]: Observed((version(TLS, None, -9),))}
    usual: dict[str, Any] = {"classes": [a_class()], "pods": [quiet()], "statuses": [a_status()], "objects": objects}
    return looked(**{**usual, **given})


@pytest.mark.parametrize("code", ["rotation-off", "rotation-useless", "rotation-throttling", "mounted-old"])
def test_all_is_well_or_there_is_no_class(code: str) -> None:
    assert state(code, mounted()) == "ok"
    assert state(code, mounted(classes=[])) == "skipped"
    assert state(code, mounted(classes=GAP)) == "unknown"


def test_rotation_off() -> None:
    found = problem("rotation-off", mounted(addon=STILL))
    assert not found.blocks and "--enable-secret-rotation --rotation-poll-interval 5m" in found.command
    assert state("rotation-off", mounted(addon=OFF, system=[])) == "skipped"
    assert state("rotation-off", mounted(addon=OFF, pods=GAP)) == "unknown"


def test_rotation_off_in_a_chart() -> None:
    rotating, still = chart(NODE), chart(NODE)
    assert state("rotation-off", mounted(addon=OFF, system=rotating)) == "ok"
    still[0]["spec"]["containers"][1]["args"] = ["--enable-secret-rotation=false"]
    found = problem("rotation-off", mounted(addon=OFF, system=still))
    assert "secrets-store-csi-driver.enableSecretRotation=true" in found.command


def test_rotation_useless() -> None:
    folder = {"name": "store", "mountPath": "/etc/pass", "subPath": "db-pass"}
    by_path = a_pod(containers=[{"name": "web", "volumeMounts": [folder]}])
    found = problem("rotation-useless", mounted(pods=[by_path]))
    assert not found.blocks and "pod team-a/web-0: the subPath at /etc/pass of container web never" in found.text
    assert found.command == "kubectl rollout restart deployment/web --namespace team-a"
    assert state("rotation-useless", mounted(addon=STILL, pods=[by_path])) == "skipped"
    by_environment = mounted(pods=[a_pod(), a_pod("web-1")], classes=[a_class(secretObjects=SYNCED)])
    told = problem("rotation-useless", by_environment)
    assert "pods team-a/web-0, team-a/web-1: the environment of container web, of the Secret db," in told.text
    assert state("rotation-useless", mounted(pods=[a_pod()])) == "ok"  # no class makes that Secret
    assert state("rotation-useless", mounted(consumers=GAP)) == "unknown"


def test_rotation_throttling() -> None:
    pods = [quiet(f"web-{number}") for number in range(700)]
    assert state("rotation-throttling", mounted(pods=pods)) == "ok"  # two objects each
    costly = mounted(pods=pods, classes=[a_class(objects=HISTORY)])
    found = problem("rotation-throttling", costly)
    assert "every 2m, reads shop-kv 4,200 times for 700 pods" in found.text and not found.blocks
    assert "4,200 in 10 seconds" in found.why and "cause 9 of the document on the provider" in found.why
    assert "--rotation-poll-interval 30m" in found.command
    assert state("rotation-throttling", mounted(addon=STILL, pods=pods)) == "skipped"


def test_rotation_throttling_with_rounds_of_a_second() -> None:
    pods = [quiet(f"web-{number}") for number in range(201)]
    hurried = Addon(present=True, enabled=True, rotation=True, poll_interval="1s")
    assert "4,020 in 10 seconds" in problem("rotation-throttling", mounted(addon=hurried, pods=pods)).why
    strange = Addon(present=True, enabled=True, rotation=True, poll_interval="often")
    assert state("rotation-throttling", mounted(addon=strange)) == "unknown"
    by_chart = chart(NODE)
    by_chart[0]["spec"]["containers"][1]["args"] = ["--enable-secret-rotation", "--rotation-poll-interval=1s"]
    charted = mounted(addon=OFF, system=by_chart, pods=pods)
    assert "rotationPollInterval" in problem("rotation-throttling", charted).command


def test_mounted_old() -> None:
    newer = (version(DB, "v2", 1), version(DB, "v1", -9))
    listed = {DB[:2]: Observed((version(DB, None, 1),)), TLS[:2]: Observed((version(TLS, None, -9),))}
    found = problem("mounted-old", mounted(objects=listed, versions={DB: Observed(newer)}))
    assert (
        not found.blocks
        and "pod team-a/web-0: not the newest enabled version of secret db-pass of shop-kv" in found.text
    )
    assert "v1 is mounted; the vault has v2" in found.text and "deployment/web" in found.command
    disabled = (version(DB, "v2", 1, enabled=False), version(DB, "v1", -9))
    assert state("mounted-old", mounted(objects=listed, versions={DB: Observed(disabled)})) == "ok"
    assert state("mounted-old", mounted(statuses=[])) == "skipped"
    assert state("mounted-old", mounted(mounted=GAP)) == "unknown"


def test_mounted_old_because_the_class_names_that_version() -> None:
    newer = {DB: Observed((version(DB, "v2", 1), version(DB, "v1", -9)))}
    found = problem("mounted-old", mounted(classes=[a_class(objects=PINNED)], versions=newer))
    assert "v1 is mounted, which the class kv names; the vault has v2" in found.text


def test_mounted_old_by_the_times_alone() -> None:
    listed = {DB[:2]: Observed((version(DB, None, 1),)), TLS[:2]: Observed((version(TLS, None, -9),))}
    found = problem("mounted-old", mounted(addon=STILL, objects=listed))
    assert "mounted 2026-11-22 11:00, before that of 2026-11-22 12:00 was made" in found.text
    assert state("mounted-old", mounted(addon=ON, objects=listed)) == "unknown"  # it may have been renewed since
    assert state("mounted-old", mounted(objects={DB[:2]: GAP, TLS[:2]: GAP})) == "unknown"
    assert state("mounted-old", mounted(objects=listed, versions={DB: GAP})) == "unknown"
    timeless = {DB[:2]: Observed((VaultObject(SECRET, "db-pass", True),)), TLS[:2]: Observed(())}
    assert state("mounted-old", mounted(objects=timeless)) == "unknown"
