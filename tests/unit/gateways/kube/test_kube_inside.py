"""What commands in a pod say, as the ports' answers and failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from azext_akskv.failures import (
    Conflict,
    Denied,
    GatewayError,
    LostTrack,
    Missing,
    Rejected,
    Throttled,
    Unavailable,
    Unreadable,
)
from azext_akskv.gateways.kube_inside import InvokedSecrets, script
from azext_akskv.gateways.kube_way import EitherSecrets, FromInside, Way
from azext_akskv.gateways.run_command import OFF, Ended, ended, packed, told_apart
from azext_akskv.model.kube import KubeRight, SecretRef, Switch
from azext_akskv.model.run_command import CUT, FAILED, NO_ROOM, OUT_OF_MEMORY, POD_REFUSED
from azext_akskv.model.sweep import Sweep
from tests.builders import a_cluster

LOOK = "akskv begin 1 look\nakskv ready yes\nakskv no-note\nakskv counted 3 2\nakskv end look done\n"


class Pod:
    """Stands for RunCommand.run: each command gets the next output."""

    def __init__(self, *outputs: str, code: int = 0) -> None:
        self.outputs = list(outputs)
        self.code = code
        self.orders: list[dict[str, str]] = []

    def __call__(self, cluster: Any, doing: str, script: str, order: str) -> Ended:
        self.orders.append(dict((*line.split(" ", 1), "")[:2] for line in order.splitlines()))
        return Ended(self.code, self.outputs.pop(0))


def secrets(pod: Callable[..., Ended]) -> InvokedSecrets:
    return InvokedSecrets(pod, a_cluster, 1.0)


def report(mode: str, *lines: str, end: str = "done") -> str:
    return "".join(f"akskv {line}\n" for line in (f"begin 1 {mode}", *lines, f"end {mode} {end}"))


def test_one_look_answers_what_is_asked_before_a_rewrite() -> None:
    pod = Pod(report("look", "ready yes", "no-note", "may yes list secrets", "may no patch secrets", "counted 3 2"))
    inside = secrets(pod)
    assert inside.ready() and inside.switch() is None and inside.census().count == 3
    assert inside.may(KubeRight("list", "secrets")) and not inside.may(KubeRight("patch", "secrets"))
    assert pod.orders[0]["rights"].startswith("list secrets,patch secrets,get leases.coordination.k8s.io default")
    with pytest.raises(Rejected):
        inside.may(KubeRight("get", "nodes"))


def test_what_could_not_be_looked_at_raises() -> None:
    inside = secrets(
        Pod(report("look", "ready yes", "gap note Forbidden no", "gap secrets Forbidden", "gap rights Timeout"))
    )
    for ask in (inside.switch, inside.census):
        with pytest.raises(Denied):
            ask()
    with pytest.raises(Unavailable):
        inside.may(KubeRight("list", "secrets"))


@pytest.mark.parametrize(
    ("output", "code", "kind", "word"),
    [
        ("bash: akskv.sh: not found\n", 127, Rejected, FAILED),
        (LOOK[:40], 0, Rejected, FAILED),
        ("x" * 520_000, 0, Rejected, CUT),
        (report("look", "failed kubectl Missing", end="failed"), 0, Rejected, FAILED),
        (LOOK.replace("look", "sweep"), 0, Rejected, FAILED),
    ],
)
def test_what_is_no_whole_report_is_a_failure(output: str, code: int, kind: type[GatewayError], word: str) -> None:
    with pytest.raises(kind) as failed:
        secrets(Pod(output, code=code)).ready()
    assert failed.value.code == word


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Forbidden", Denied),
        ("Unauthorized", Denied),
        ("TooManyRequests", Throttled),
        ("Unreachable", Unavailable),
        ("Unreadable", Unreadable),
        ("NotFound", Missing),
        ("Invalid", Rejected),
    ],
)
def test_classes_of_errors_are_our_failures(said: str, kind: type[GatewayError]) -> None:
    with pytest.raises(kind):
        secrets(Pod(report("sweep", f"failed list {said}", end="failed"))).sweep(Sweep())


def test_a_sweep_that_ran_out_of_memory_goes_on_with_half() -> None:
    killed = report("sweep", "at a b 2 2 0 0 0 0 0 0 100").rpartition("akskv end")[0]
    assert secrets(Pod(killed, code=137)).sweep(Sweep(at_once=100)).at_once == 50


def test_a_list_that_ran_out_of_memory_is_asked_for_namespace_by_namespace() -> None:
    pod = Pod("akskv begin 1 sweep\n", "akskv begin 1 sweep\n", code=137)
    with pytest.raises(Rejected, match="137") as killed:
        secrets(pod).sweep(Sweep())
    assert killed.value.code == OUT_OF_MEMORY and [order["wide"] for order in pod.orders] == ["yes", "no"]


def test_an_order_says_where_to_go_on() -> None:
    pod = Pod(report("sweep", "no-note"))
    secrets(pod).sweep(Sweep(("a", "b"), SecretRef("a", "x"), 17, 0.2, True, 5))
    wanted = {"only": "a b", "after-namespace": "a", "after-name": "x", "r0": "17", "rate": "1", "gentle": "yes"}
    assert wanted.items() <= pod.orders[0].items() and pod.orders[0]["batch"] == "5"


def test_a_note_is_written_over_the_one_that_was_seen() -> None:
    lines = tuple(f'note "{each}"' for each in ("off", "run", "17", "true"))
    pod = Pod(
        LOOK,
        report("note", *lines),
        report("note", "gap write Conflict", *lines),
        report("note", "gap write Conflict", *lines),
    )
    inside, noted = secrets(pod), Switch("off", "run", 17, proved=True)
    inside.ready()
    inside.note_switch(noted)
    assert pod.orders[1]["was"] == "" and '"akskv/r0": "17"' in pod.orders[1]["annotations"]
    assert inside.switch() == noted
    inside.note_switch(noted)  # its own write, whose answer was lost
    with pytest.raises(Conflict):
        inside.note_switch(Switch("off", "run", 18))


def test_nothing_is_asked_secret_by_secret() -> None:
    inside, one = secrets(Pod()), SecretRef("a", "b")
    for ask in (lambda: inside.touch(one), lambda: inside.page("a"), lambda: inside.rehearse(one), inside.namespaces):
        with pytest.raises(Rejected, match="for many at once"):
            ask()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Rejected("run", "KubernetesPerformanceError", "container x did not start within 30s"), NO_ROOM),
        (Unavailable("run", "KubernetesOperationError", "container x did not start within 30s"), NO_ROOM),
        (Rejected("run", "KubernetesOperationError", 'details: admission webhook "g" denied the request'), POD_REFUSED),
        (Rejected("run", "BadRequest", "Run command is disabled for this managed cluster."), OFF),
        (Denied("run", "AuthorizationFailed", "no"), "AuthorizationFailed"),
    ],
)
def test_run_commands_own_failures_are_told_apart(error: GatewayError, code: str) -> None:
    assert told_apart(error).code == code


def test_a_result_that_is_not_found_means_that_no_node_took_the_pod() -> None:
    lost = LostTrack("run", "NotFound", "not found")
    lost.__cause__ = Missing("run", "NotFound", "not found")
    assert told_apart(lost).code == NO_ROOM and told_apart(LostTrack("run")).code == ""


@pytest.mark.parametrize("properties", [{}, {"exitCode": True, "logs": ""}, {"exitCode": 0, "logs": 3}])
def test_an_answer_that_is_no_result_is_none(properties: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        ended("run", {"properties": properties})


def test_a_failed_command_says_why() -> None:
    with pytest.raises(Rejected, match="the node went away"):
        ended("run", {"properties": {"provisioningState": "Failed", "reason": "the node went away"}})
    assert ended("run", {"properties": {"exitCode": 3, "logs": None}}) == Ended(3, "")


def test_the_same_files_are_packed_the_same_way() -> None:
    assert packed({"a": script()}) == packed({"a": script()})


class Server:
    """Stands for kube_server.ApiServer."""

    def __init__(self, answer: bool | GatewayError) -> None:
        self.answer, self.asked = answer, 0

    def ready(self) -> bool:
        self.asked += 1
        if isinstance(self.answer, GatewayError):
            raise self.answer
        return self.answer


class Asked:
    """Stands for KubeSecrets."""

    def ready(self) -> bool:
        return False

    def namespaces(self) -> list[str]:
        return ["direct"]


def ways(via: str, answer: bool | GatewayError, **properties: Any) -> tuple[Any, FromInside, list[str], Server]:
    told: list[str] = []
    server = Server(answer)
    way = Way(via, lambda: server, lambda: a_cluster(**properties), told.append)  # type: ignore[arg-type,return-value]
    pod = secrets(Pod(LOOK))
    return EitherSecrets(way, Asked(), pod), FromInside(way, pod), told, server  # type: ignore[arg-type]  # a stand-in


NO_NAME = Unavailable("ask", "NameResolutionError", "Failed to resolve 'shop.example'")
BROKE = Unavailable("ask", "ProtocolError", "Connection aborted.")


def test_auto_goes_direct_and_asks_no_more_than_direct_does() -> None:
    either, inside, told, server = ways("auto", True)
    assert not inside.wanted() and either.ready() and not either.ready()
    assert either.namespaces() == ["direct"] and not told and server.asked == 1


def test_auto_goes_inside_where_no_connection_is_made_and_says_so() -> None:
    either, inside, told, _ = ways("auto", NO_NAME)
    assert inside.wanted() and either.ready() and inside.census().count == 3
    assert told == [
        "The API server cannot be reached from here (its name has no address here); going through run-command."
    ]


@pytest.mark.parametrize(
    ("via", "answer", "properties"),
    [
        ("direct", NO_NAME, {}),
        ("auto", BROKE, {}),
        ("auto", Throttled("ask", "TooManyRequests"), {}),
        ("auto", NO_NAME, {"apiServerAccessProfile": {"disableRunCommand": True}}),
    ],
)
def test_it_does_not_go_inside_otherwise(via: str, answer: GatewayError, properties: dict[str, Any]) -> None:
    _, inside, told, _ = ways(via, answer, **properties)
    assert not inside.wanted() and not told


def test_run_command_never_goes_direct() -> None:
    either, inside, _, server = ways("run-command", True)
    assert inside.wanted() and either.ready() and not server.asked
