"""Lines put together to records: what belongs together, what begins something else, what is cut off."""

from __future__ import annotations

import json

import pytest

from azext_akskv.model.provider.lines import Lines
from azext_akskv.model.provider.record import Kind, Record
from tests.unit.model.provider.texts import ASKED, EVENT, HEAD, TIMED_OUT, block, mounted, quoted, refused


def records(text: str) -> list[Record]:
    return list(Lines().records(text.splitlines(keepends=True)))


def test_a_block_is_one_record_with_what_follows_its_end() -> None:
    [record] = records(block(refused("ForbiddenByRbac"), tail=' pod="team-a/api-0"'))
    assert record.whole and record.grave and record.file == "server.go"
    assert '"code": "ForbiddenByRbac"' in record.texts[0] and 'pod="team-a/api-0"' in record.texts[0]
    assert str(record.first) == "11-22T09:14:05Z"


def test_a_block_whose_end_is_missing_is_known_to_be_cut() -> None:
    text = block(refused("ForbiddenByRbac"))
    [first, second] = records("".join(text.splitlines(keepends=True)[:4]) + quoted("objects is not set"))
    assert not first.whole and second.whole


def test_a_block_whose_beginning_is_missing_is_an_orphan() -> None:
    [record] = records("".join(block(refused("ForbiddenByRbac")).splitlines(keepends=True)[2:]))
    assert not record.whole and not record.grave and "ForbiddenByRbac" in record.texts[0]


def test_two_blocks_after_each_other_are_two() -> None:
    assert len(records(block(refused("ForbiddenByRbac")) + block(refused("ForbiddenByFirewall")))) == 2


def test_tabs_that_an_editor_took_away_are_not_missed() -> None:
    [record] = records(block(refused("ForbiddenByRbac")).replace("\t", ""))
    assert record.whole and "ForbiddenByRbac" in record.texts[0]


@pytest.mark.parametrize(
    "prefix",
    [
        "[pod/aks-secrets-store-provider-azure-x7k2p/provider-azure-installer] ",
        "2026-11-22T09:14:05.713202341Z ",
        "2026-11-22T09:14:05.713202341Z stderr F ",
        "[pod/p/c] 2026-11-22T09:14:05.713202341Z ",
    ],
)
def test_what_kubectl_puts_before_each_line_is_taken_away(prefix: str) -> None:
    text = "".join(prefix + line for line in block(refused("ForbiddenByRbac")).splitlines(keepends=True))
    [record] = records(text)
    assert record.whole and record.file == "server.go" and "[pod" not in record.texts[0]


def test_a_log_in_the_json_of_a_container_runtime_is_unwrapped() -> None:
    lines = [json.dumps({"log": f"{line}\n", "stream": "stderr"}) for line in block(refused("X")).splitlines()]
    [record] = records("\n".join(lines))
    assert record.whole and record.file == "server.go"


def test_a_terminals_edge_breaks_words_and_they_are_glued() -> None:
    text = "  Warning  FailedMount  74s (x3 over 5m)  kubelet  " + EVENT + ASKED + TIMED_OUT
    for width in (72, 80, 113, 132):
        wrapped = "\n".join(text[at : at + width] for at in range(0, len(text), width))
        [record] = records(f"{wrapped}\n\nNothing of it.\n")
        assert "https://kv-shop.vault.azure.net/secrets/db-pass/" in record.texts[0] and record.count == 3


def test_rows_of_describe_are_told_apart_and_counted() -> None:
    text = (
        "Name:         api-0\nNamespace:    team-a\nNode:         aks-np1-12345678-vmss000000/10.224.0.4\nEvents:\n"
        "  Normal   Scheduled    5m                  default-scheduler  Successfully assigned team-a/api-0\n"
        f"  Warning  FailedMount  74s (x12 over 8m56s)  kubelet  {EVENT}{refused('ForbiddenByRbac')}\n"
        "  Warning  FailedMount  3s  kubelet  Unable to attach or mount volumes: unmounted volumes=[kv]\n"
    )
    first, second = records(text)
    assert first.count == 12 and second.count == 1
    assert first.known == {"pod": "api-0", "namespace": "team-a", "node": "aks-np1-12345678-vmss000000"}
    assert "ForbiddenByRbac" in first.texts[0] and "unmounted" not in first.texts[0]


def test_rows_of_get_events_name_their_pod() -> None:
    text = f"team-a   42s         Warning   FailedMount   pod/api-0   {EVENT}objects is not set\n"
    [record] = records("NAMESPACE   LAST SEEN   TYPE   REASON   OBJECT   MESSAGE\n" + text)
    assert record.known == {"pod": "api-0", "namespace": "team-a"} and record.reason == "FailedMount"


def test_two_messages_in_one_line_are_two() -> None:
    assert len(records(f"{EVENT}objects is not set {EVENT}tenantId is not set\n")) == 2


def event(message: str, **more: object) -> dict[str, object]:
    return {
        "kind": "Event",
        "reason": "FailedMount",
        "type": "Warning",
        "message": message,
        "involvedObject": {"kind": "Pod", "namespace": "team-a", "name": "api-0"},
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": "2026-11-22T09:00:00Z",
        "lastTimestamp": "2026-11-22T09:14:05Z",
        "count": 7,
    } | more


def test_a_list_of_events_is_read_as_a_document() -> None:
    text = json.dumps(
        {"apiVersion": "v1", "kind": "List", "items": [event(EVENT + refused("X")), event("b")]}, indent=4
    )
    first, second = records(text)
    assert first.count == 7 and str(first.last) == "2026-11-22T09:14:05Z"
    assert first.known == {"namespace": "team-a", "node": "node-1", "pod": "api-0"}
    assert second.texts == ("b",)


def test_the_newer_kind_of_event_has_other_names() -> None:
    new = {
        "kind": "Event",
        "reason": "FailedMount",
        "type": "Warning",
        "note": "n",
        "regarding": {"kind": "Pod", "namespace": "team-a", "name": "api-0"},
        "deprecatedSource": {"host": "node-1"},
        "eventTime": "2026-11-22T09:00:00.123456Z",
        "series": {"count": 3, "lastObservedTime": "2026-11-22T09:14:05.000000Z"},
    }
    [record] = records(json.dumps(new, indent=4))
    assert (record.count, str(record.first), str(record.last)) == (3, "2026-11-22T09:00:00Z", "2026-11-22T09:14:05Z")


def test_a_document_that_is_cut_off_is_read_line_by_line() -> None:
    text = json.dumps({"kind": "List", "items": [event(EVENT + refused("ForbiddenByRbac"))]}, indent=4)
    [record] = records(text[: text.index('"involvedObject"')])
    assert "ForbiddenByRbac" in record.texts[0] and record.kind is Kind.EVENT and record.grave


def test_braces_that_are_no_document_are_read_line_by_line() -> None:
    [record] = records(f"{{\nthis is no JSON\n{EVENT}objects is not set\n}}\n")
    assert record.kind is Kind.EVENT


def test_logs_in_json_have_their_error_and_time() -> None:
    line = {
        "ts": 1795338845713.2,
        "caller": "server/server.go:60",
        "msg": "failed to process mount request",
        "err": "x",
    }
    [record] = records(json.dumps(line) + "\n")
    assert record.grave and record.file == "server.go" and str(record.first) == "2026-11-22T09:14:05Z"


def test_a_container_that_waits_for_a_secret_is_an_event() -> None:
    waiting = {"reason": "CreateContainerConfigError", "message": 'secret "api-secrets" not found'}
    pod = {
        "kind": "Pod",
        "metadata": {"name": "api-0", "namespace": "team-a"},
        "spec": {"nodeName": "node-1"},
        "status": {"containerStatuses": [{"state": {"waiting": waiting}}]},
    }
    [record] = records(json.dumps(pod, indent=2))
    assert record.texts == ('Error: secret "api-secrets" not found',) and record.known["node"] == "node-1"


def test_good_mounts_are_told_with_pod_and_time() -> None:
    [record] = records(mounted("team-a/api-0", "09:20:00"))
    assert record.kind is Kind.MOUNTED and record.known == {"namespace": "team-a", "pod": "api-0"}


@pytest.mark.parametrize(
    "line",
    [
        'E1122 09:14:05.713202       1 reflector.go:148] k8s.io/client-go: Failed to watch *v1.Pod: "x" is forbidden\n',
        'E1122 09:14:05.713202       1 secretproviderclasspodstatus_controller.go:150] "failed to get pod" err="x"\n',
        'I1122 09:14:05.713202       1 nodeserver.go:74] "unmounting target path as node publish volume failed"\n',
        "W1122 09:14:05.713202       1 warnings.go:70] Use tokens from the TokenRequest API\n",
        'keyvault_request_bucket{error="AADSTS700211",le="5"} 3\n',
        'keyvault_request_count{error="AADSTS700211"} 0\n',
        "Just a sentence about key vaults.\n",
        "",
    ],
)
def test_noise_gives_no_record(line: str) -> None:
    assert records(line) == []


def test_it_counts_what_it_saw() -> None:
    lines = Lines()
    text = mounted("a/b", "09:20:00") + "E1122 09:14:05.713202       1 reflector.go:1] x\n" + HEAD + '"x"\nplain\n'
    list(lines.records(text.splitlines(keepends=True)))
    assert (lines.count, lines.entries, lines.noise) == (4, 3, 1)
