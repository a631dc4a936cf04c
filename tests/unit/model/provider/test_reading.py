"""What a whole reading comes to: groups, counts, times, pods, phases, what is healed and what is not understood."""

from __future__ import annotations

import json

import pytest

from azext_akskv.model.provider.diagnosis import MOST_GROUPS, Diagnosis
from azext_akskv.model.provider.judge import Expected
from azext_akskv.model.provider.match import Confidence
from azext_akskv.model.provider.reading import Reading, Texts, read_texts
from tests.unit.model.provider.texts import ASKED, EVENT, HEAD, TIMED_OUT, block, mounted, quoted, refused


def read(text: str, **more: object) -> Reading:
    return read_texts(text.splitlines(keepends=True), "a.log", **more)  # type: ignore[arg-type]  # for one test's sake


def only(text: str) -> Diagnosis:
    [one] = read(text).diagnoses
    return one


def driver(error: str, pod: str = "team-a/api-0", clock: str = "09:14:05", more: str = "") -> str:
    text = error.replace('"', '\\"').replace("\n", "\\n")
    return (
        f"E1122 {clock}.713202       1 nodeserver.go:241] "
        f'"failed to mount secrets store object content" err="{text}" pod="{pod}"{more}\n'
    )


def test_repetitions_are_one_diagnosis_with_count_and_times() -> None:
    one = only("".join(block(refused("ForbiddenByRbac"), f"09:{minute:02}:00") for minute in range(10)))
    assert (one.cause.slug, one.count, one.line) == ("forbidden_rbac", 10, 1)
    assert (str(one.first), str(one.last)) == ("11-22T09:00:00Z", "11-22T09:09:00Z")


def test_another_vault_or_object_is_another_diagnosis() -> None:
    text = block(refused("ForbiddenByRbac")) + block(refused("ForbiddenByRbac", vault="kv-other"))
    text += block(refused("ForbiddenByRbac", name="other"))
    found = {(one.facts["vault"], one.facts["object"]) for one in read(text).diagnoses}
    assert found == {("kv-shop", "db-pass"), ("kv-other", "db-pass"), ("kv-shop", "other")}


def test_two_pods_that_fail_in_one_second_are_told_apart_by_their_objects() -> None:
    text = driver(refused("ForbiddenByRbac")) + driver(refused("SecretDisabled", name="x"), "team-b/web-1")
    assert [(one.cause.slug, one.pods) for one in read(text).diagnoses] == [
        ("forbidden_rbac", ("team-a/api-0",)),
        ("object_disabled", ("team-b/web-1",)),
    ]


def event(message: str, node: str = "node-1") -> str:
    return json.dumps(
        {
            "kind": "Event",
            "reason": "FailedMount",
            "type": "Warning",
            "message": message,
            "involvedObject": {"kind": "Pod", "namespace": "team-a", "name": "api-0"},
            "source": {"host": node},
            "lastTimestamp": "2026-11-22T09:14:05Z",
            "count": 3,
        },
        indent=4,
    )


def test_log_and_event_of_one_failure_are_one_and_surer() -> None:
    texts = Texts()
    texts.read(quoted(ASKED + TIMED_OUT).splitlines(keepends=True), "provider.log")
    texts.read(event(EVENT + ASKED + TIMED_OUT).splitlines(keepends=True), "events.json")
    [one] = texts.reading().diagnoses
    assert one.cause.slug == "egress_blocked" and one.confidence is Confidence.CERTAIN
    assert one.pods == ("team-a/api-0",) and one.facts["node"] == "node-1" and one.count == 4


def test_the_node_may_be_told_from_outside() -> None:
    texts = Texts()
    for node in ("node-1", "node-2"):
        texts.read(block(refused("ForbiddenByRbac")).splitlines(keepends=True), f"{node}.log", node)
    assert sorted(one.facts["node"] for one in texts.reading().diagnoses) == ["node-1", "node-2"]


@pytest.mark.parametrize(("clock", "healed"), [("09:20:00", True), ("09:10:00", False)])
def test_a_later_good_mount_of_the_same_pod_heals(clock: str, healed: bool) -> None:
    assert only(driver(refused("ForbiddenByRbac")) + mounted("team-a/api-0", clock)).healed is healed


def test_a_good_mount_of_another_pod_heals_nothing() -> None:
    assert not only(driver(refused("ForbiddenByRbac")) + mounted("team-a/api-1", "09:20:00")).healed


def test_new_year_is_later_than_the_last_day_of_the_old() -> None:
    text = driver(refused("ForbiddenByRbac")).replace("E1122", "E1231")
    assert only(text + mounted("team-a/api-0", "00:00:09").replace("I1122", "I0101")).healed


def test_a_pod_status_shows_that_its_pod_has_mounted() -> None:
    status = {
        "kind": "SecretProviderClassPodStatus",
        "metadata": {"namespace": "team-a", "creationTimestamp": "2026-11-22T10:00:00Z"},
        "status": {"podName": "api-0", "mounted": True},
    }
    assert only(event(EVENT + refused("ForbiddenByRbac")) + "\n" + json.dumps(status, indent=4)).healed


@pytest.mark.parametrize(
    "text",
    [
        driver(refused("Throttled", "429: 429 Too Many Requests"), more=" isRemountRequest=true"),
        "provider mount err: rpc error: code = Unknown desc = failed to mount objects, error: "
        f"{ASKED}keyvault.BaseClient#GetSecret: StatusCode=429 -- Original Error: x\n",
    ],
)
def test_a_rotation_that_fails_is_named_beside_its_cause(text: str) -> None:
    cause, consequence = read(text).diagnoses
    assert (cause.cause.slug, cause.phase) == ("throttled", "rotation")
    assert (consequence.cause.slug, consequence.because) == ("rotation_failing", ("throttled",))


def test_a_rotation_that_fails_for_no_known_reason_is_one_diagnosis() -> None:
    assert only("  Warning  SecretRotationFailed  5s  csi  failed to patch secret x: timed out\n").cause.slug == (
        "rotation_failing"
    )


SUMMARY = "Unable to attach or mount volumes: unmounted volumes=[kv], unattached volumes=[]: timed out\n"


def test_a_summary_is_dropped_beside_a_cause_and_kept_without_one() -> None:
    assert only(SUMMARY).cause.slug == "mount_wait_summary"
    assert only(SUMMARY + EVENT + refused("ForbiddenByRbac") + "\n").cause.slug == "forbidden_rbac"


def test_a_deadline_alone_is_unknown_with_candidates() -> None:
    one = only(
        'MountVolume.SetUp failed for volume "kv" : rpc error: code = DeadlineExceeded desc = context deadline\n'
    )
    assert one.cause.slug == "mount_timeout" and one.cause.state.value == "unknown" and len(one.cause.candidates) == 4


def test_another_caller_than_expected_is_the_cause() -> None:
    text = "Caller: appid=5d9e7c10-8b42-4a6f-9c33-0f1a2b3c4d5e;oid=a7734bd2-91e0-4c55-8f26-c0de11aa22bb;iss=x"
    text = f"{EVENT}{refused('ForbiddenByRbac')}\n{text}\n"
    [same] = read(text, expected=Expected("A7734BD2-91e0-4c55-8f26-c0de11aa22bb")).diagnoses
    [other] = read(text, expected=Expected("11111111-91e0-4c55-8f26-c0de11aa22bb")).diagnoses
    assert (same.cause.slug, other.cause.slug) == ("forbidden_rbac", "wrong_principal")


@pytest.mark.parametrize(
    "line",
    [
        HEAD + '"failed to process mount request" err="something that was never seen before"\n',
        '  Warning  FailedMount  5s  kubelet  MountVolume.SetUp failed for volume "cfg" : never seen before\n',
        '{"ts":1795338845713.2,"caller":"server/server.go:60","msg":"failed","err":"never seen before"}\n',
        "F1122 09:14:05.713202       1 main.go:60] never seen before\n",
    ],
)
def test_an_error_that_no_rule_knows_is_told_as_it_stands(line: str) -> None:
    one = only(line)
    assert one.cause.slug == "not_understood" and one.cause.state.value == "unknown"
    assert "never seen before" in one.proof


def test_unknown_errors_that_differ_in_figures_alone_are_one() -> None:
    lines = [f'{HEAD}"odd" err="no {number} at 0x{number:x}"\n' for number in range(1, 50)]
    assert only("".join(lines)).count == 49


def test_a_text_without_end_and_order_does_not_fill_the_memory() -> None:
    lines = (f"{HEAD}{'x' * (number % 997)}y{'z' * (number // 997)}\n" for number in range(MOST_GROUPS * 3))
    reading = read_texts(lines)
    assert len(reading.diagnoses) <= MOST_GROUPS + 1
    assert sum(one.count for one in reading.diagnoses) == MOST_GROUPS * 3


def test_a_filtered_log_is_said_to_be_filtered() -> None:
    one = only(HEAD + '"failed to process mount request" err=<\n')
    assert one.cause.slug == "log_body_missing"


def test_a_block_without_its_beginning_is_less_sure() -> None:
    one = only("".join(block(refused("ForbiddenByRbac")).splitlines(keepends=True)[2:]))
    assert (one.cause.slug, one.confidence) == ("forbidden_rbac", Confidence.LIKELY)


def test_no_secret_comes_through() -> None:
    leak = "failed to get credentials, could not find clientid in secrets(map[clientsecret:aBc~123])"
    one = only(block("failed to create auth config, error: " + leak))
    assert one.cause.slug == "publish_secret_missing" and "aBc~123" not in repr(one)


def test_metrics_are_counted_once_and_not_per_bucket() -> None:
    labels = '{object_type="secret",object_name="db-pass",error="keyvault: RESPONSE 429: 429 Too Many Requests"}'
    lines = [
        f"keyvault_request_bucket{labels} 2",
        f"keyvault_request_sum{labels} 9",
        f"keyvault_request_count{labels} 5",
    ]
    one = only("\n".join(lines) + "\n")
    assert (one.cause.slug, one.count, one.facts["object"]) == ("throttled", 5, "db-pass")


@pytest.mark.parametrize(
    ("labels", "slug"),
    [
        ('error_type="SecretProviderClassNotFound",provider=""', "spc_not_found"),
        ('error_type="",provider="azure"', "provider_unreachable"),
        ('error_type="GRPCProviderError",provider="azure"', "provider_error"),
    ],
)
def test_the_drivers_metrics_tell_by_a_word(labels: str, slug: str) -> None:
    assert only(f'node_publish_error_total{{{labels},os_type="linux"}} 4\n').cause.slug == slug
    assert only(f'total_node_publish_error{{{labels},os_type="linux"}} 4\n').cause.slug == slug


def test_a_text_that_is_no_log_has_no_entries() -> None:
    reading = read("Dear all,\nmy pod does not start.\n")
    assert (reading.diagnoses, reading.lines, reading.entries) == ((), 2, 0)
