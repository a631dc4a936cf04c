"""How far a pod has come with its mount, and when another try is of no use."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.model.mounts.consumer import NO_SECRET
from azext_akskv.model.mounts.seen import Seen
from azext_akskv.model.mounts.standing import Scope, Stage, standings_of
from azext_akskv.model.mounts.synced import SyncedSecret
from azext_akskv.model.mounts.tries import Try, hopeless, last_try
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.provider.catalogue import CATALOGUE
from tests.fake_mounts import seen_by
from tests.mount_builders import SYNCED, Json, a_class, a_pod, a_status, an_event, running, waiting

WIDE = Scope()
WITH_COPY = a_class(secretObjects=SYNCED)
TWO_KEYS = a_class(secretObjects=[{**SYNCED[0], "data": [*SYNCED[0]["data"], {"objectName": "web-tls", "key": "b"}]}])


def pod(*, waits: str = "", **spec: Any) -> Json:
    raw = a_pod(**spec)
    raw["status"]["containerStatuses"] = [waiting("web", waits) if waits else running("web")]
    return raw


def row(entries: int | None = 1, name: str = "db") -> SyncedSecret:
    return SyncedSecret("team-a", name, "Opaque", entries)


CASES: dict[str, tuple[Stage, Json]] = {
    "no node has taken it": (Stage.NO_NODE, {"pods": [pod(nodeName="")]}),
    "nothing is mounted": (Stage.NO_MOUNT, {"pods": [pod(waits="ContainerCreating")]}),
    "a status that is not mounted": (
        Stage.NO_MOUNT,
        {"statuses": [{**a_status(), "status": {**a_status()["status"], "mounted": False}}]},
    ),
    "mounted": (Stage.READY, {"statuses": [a_status()]}),
    "mounted by another pod of the same class": (Stage.NO_MOUNT, {"statuses": [a_status("web-1")]}),
    "no Secret": (Stage.NO_SECRET, {"classes": [WITH_COPY], "statuses": [a_status()]}),
    "a Secret of another name": (
        Stage.NO_SECRET,
        {"classes": [WITH_COPY], "statuses": [a_status()], "secrets": [row(name="other")]},
    ),
    "a Secret": (Stage.READY, {"classes": [WITH_COPY], "statuses": [a_status()], "secrets": [row()]}),
    "fewer keys": (Stage.FEW_KEYS, {"classes": [TWO_KEYS], "statuses": [a_status()], "secrets": [row()]}),
    "more keys": (Stage.READY, {"classes": [TWO_KEYS], "statuses": [a_status()], "secrets": [row(3)]}),
    "a row without a count": (
        Stage.READY,
        {"classes": [TWO_KEYS], "statuses": [a_status()], "secrets": [row(None)]},
    ),
    "a container that waits for it": (
        Stage.WAITING,
        {"classes": [WITH_COPY], "statuses": [a_status()], "secrets": [row()], "pods": [pod(waits=NO_SECRET)]},
    ),
    "a container that waits for another Secret": (
        Stage.READY,
        {"classes": [a_class()], "statuses": [a_status()], "pods": [pod(waits=NO_SECRET)]},
    ),
    "a pod that waits for it and has no volume": (
        Stage.NO_VOLUME,
        {"classes": [WITH_COPY], "pods": [pod(waits=NO_SECRET, volumes=[])]},
    ),
}


@pytest.mark.parametrize(("stage", "given"), CASES.values(), ids=CASES)
def test_each_stage(stage: Stage, given: Json) -> None:
    seen = seen_by(**{"classes": [a_class()], "pods": [pod()], **given})
    assert [each.stage for each in standings_of(seen, WIDE).each] == [stage]


def test_secrets_that_may_not_be_read_are_not_waited_for() -> None:
    seen = seen_by(classes=[WITH_COPY], pods=[pod()], statuses=[a_status()])
    unseen = Seen(**{**seen.__dict__, "secrets": {"team-a": Observed.unknown("not allowed")}})
    [one] = standings_of(unseen, WIDE).each
    assert (one.stage, one.stage.settled, one.copies[0].row.gap) == (Stage.UNSEEN, True, "not allowed")


def test_a_class_that_is_not_there_is_not_mounted_and_one_of_another_provider_is_none_of_ours() -> None:
    [one] = standings_of(seen_by(pods=[pod()]), WIDE).each
    assert (one.one, one.stage) == (None, Stage.NO_MOUNT)
    assert standings_of(seen_by(pods=[pod()], classes=[a_class(provider="vault")]), WIDE).each == ()


@pytest.mark.parametrize(("phase", "deleted"), [("Succeeded", ""), ("Failed", ""), ("Running", "2026-11-22T12:00:00Z")])
def test_pods_that_have_ended_or_are_about_to_count_for_nothing(phase: str, deleted: str) -> None:
    raw = pod()
    raw["status"]["phase"] = phase
    raw["metadata"]["deletionTimestamp"] = deleted
    found = standings_of(seen_by(pods=[raw], classes=[a_class()]), WIDE)
    assert (found.each, [one.name for one in found.unused]) == ((), ["kv"])


@pytest.mark.parametrize(
    ("scope", "count", "unused"),
    [
        (WIDE, 2, ["team-b/spare"]),
        (Scope("team-a"), 1, []),
        (Scope("team-b"), 1, ["team-b/spare"]),
        (Scope(None, "kv"), 2, []),
        (Scope("team-b", "spare"), 0, ["team-b/spare"]),
        (Scope("team-c"), 0, []),
    ],
)
def test_the_scope_is_a_namespace_and_a_class(scope: Scope, count: int, unused: list[str]) -> None:
    classes = [a_class(), a_class(namespace="team-b"), a_class("spare", "team-b")]
    found = standings_of(seen_by(classes=classes, pods=[pod(), a_pod(namespace="team-b")]), scope)
    assert (len(found.each), [str(one) for one in found.unused]) == (count, unused)


def test_what_cannot_be_seen_is_not_taken_for_none() -> None:
    seen = seen_by(classes=[a_class()], pods=[pod()])
    for part in ("classes", "consumers", "mounted"):
        with pytest.raises(NotObserved):
            standings_of(Seen(**{**seen.__dict__, part: Observed.unknown("not allowed")}), WIDE)


SUMMARY = "Unable to attach or mount volumes: unmounted volumes=[store], unattached volumes=[store]: timed out waiting"
NO_CLASS = (
    'MountVolume.SetUp failed for volume "store" : rpc error: code = Unknown desc = failed to get secretproviderclass '
    'team-a/kv, error: SecretProviderClass.secrets-store.csi.x-k8s.io "kv" not found'
)


def tried(*events: Json, **given: Any) -> Try | None:
    seen = seen_by(**{"classes": [WITH_COPY], "pods": [pod()], "events": events, **given})
    return last_try(seen, standings_of(seen, WIDE).each[0])


def test_the_last_try_is_that_of_the_newest_cause() -> None:
    older = an_event(lastTimestamp="2026-11-22T11:50:00Z")
    newer = an_event(NO_CLASS, count=2)
    summary = an_event(SUMMARY, lastTimestamp="2026-11-22T11:59:59Z")
    found = tried(older, newer, summary)
    assert found and (found.cause.slug, found.count) == ("spc_not_found", 2)
    other = an_event(NO_CLASS, count=3, lastTimestamp="2026-11-22T11:57:00Z")
    both = tried(newer, other)
    assert both and (both.count, both.at) == (5, found.at)
    assert tried(summary) is None and tried() is None


def test_a_mount_that_went_well_has_tries_for_the_secret_alone() -> None:
    made: Json = {"reason": "FailedToCreateSecret", "source": {"component": "csi-secrets-store-controller"}}
    gave_up = an_event("timed out waiting for the condition", **made)
    kubelet = an_event('Error: secret "db" not found', reason="Failed", lastTimestamp="2026-11-22T11:59:59Z")
    statuses = [a_status()]
    found = tried(an_event(), gave_up, kubelet, statuses=statuses)
    assert found and found.cause.slug == "sync_failed"
    only = tried(kubelet, statuses=statuses)
    assert only and only.cause.slug == "synced_secret_missing"
    assert tried(an_event(), statuses=statuses) is None


@pytest.mark.parametrize(
    ("first", "now", "ends"),
    [
        (("spc_not_found", 10.0, 3), ("spc_not_found", 12.0, 4), True),
        (("spc_not_found", 10.0, 3), ("spc_not_found", 10.0, 4), True),
        (("spc_not_found", 10.0, 3), ("spc_not_found", 10.0, 3), False),
        (("spc_not_found", 10.0, 3), ("forbidden_policy", 12.0, 1), False),
        (("forbidden_rbac", 10.0, 3), ("forbidden_rbac", 90.0, 9), False),
        (("not_understood", 10.0, 3), ("not_understood", 90.0, 9), False),
        (("spc_not_found", 10.0, 3), None, False),
        (None, ("spc_not_found", 12.0, 4), False),
    ],
)
def test_only_the_same_failure_again_is_hopeless_and_not_where_it_may_pass(first: Any, now: Any, ends: bool) -> None:
    left = standings_of(seen_by(classes=[a_class()], pods=[pod()]), WIDE).left
    key = left[0].key

    def of(said: Any) -> dict[Any, Try]:
        return {key: Try(CATALOGUE[said[0]], said[1], said[2])} if said else {}

    assert hopeless(of(first), of(now), left) is ends
