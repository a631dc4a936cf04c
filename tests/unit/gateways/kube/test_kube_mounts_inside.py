"""The Mounts port by commands in the cluster: what is sent, what is made of what comes back, and of what does not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from azext_akskv.failures import Denied, GatewayError, Rejected, Unavailable
from azext_akskv.gateways.kube_mounts_inside import InvokedMounts, script
from azext_akskv.gateways.run_command import Ended
from azext_akskv.model.mounts.consumer import NO_SECRET, NODE_NAME, USE
from azext_akskv.model.mounts.installed import DRIVER_NAME, NODE_LABELS, ROLES, SELECTOR, Role
from azext_akskv.model.mounts.pod_event import REASONS, WARNINGS
from azext_akskv.model.mounts.secret_class import GROUP
from azext_akskv.model.mounts.seen import LogSource, PodLog
from azext_akskv.model.mounts.synced import CLIENT_ID, TENANT_ID, AccountRef, SyncedSecret
from azext_akskv.model.run_command import CUT, FAILED, OUT_OF_MEMORY
from tests.builders import a_cluster
from tests.unit.model.test_mounts_report import packed

POD = (
    '{"":0,"metadata":{"namespace":"team-a","name":"web"},'
    '"spec":{"volumes":[null,{"name":"v","csi":{"driver":"secrets-store.csi.k8s.io"}}]}}\n'
)
DRIVER_POD = (
    '{"metadata":{"namespace":"csi","name":"d","labels":{"app":"secrets-store-csi-driver"}},'
    '"spec":{"serviceAccountName":"driver"}}\n'
)
CLASS = '{"metadata":{"namespace":"team-a","name":"kv"},"spec":{"secretObjects":[{"secretName":"db"}]}}\n'
USUAL = {
    "driver": "",
    "nodes": '{"":0,"metadata":{"name":"n-0"}}\n',
    "csinodes": "",
    "system": DRIVER_POD,
    "classes": CLASS,
    "pods": POD,
    "statuses": "",
    "events": "",
    "secrets/team-a": "row db Opaque 2\nrow odd Opaque many\nrow short\nasked managed\nmanaged db\nused odd\n",
    "accounts/team-a": '{"metadata":{"namespace":"team-a","name":"default"}}\n',
}


class Command:
    """Answers each command with the next of `outputs`, the last one for ever."""

    def __init__(self, *outputs: str, exit_code: int = 0) -> None:
        self.outputs = list(outputs)
        self.exit_code = exit_code
        self.orders: list[str] = []
        self.mounts = InvokedMounts(self.run, a_cluster)

    def run(self, _cluster: object, _doing: str, text: str, order: str) -> Ended:
        assert text == script()
        self.orders.append(order)
        return Ended(self.exit_code, self.outputs.pop(0) if len(self.outputs) > 1 else self.outputs[0])


def report(parts: dict[str, str], *lines: str, mode: str = "mounts") -> str:
    whole = "".join(f"{packed(text)}akskv whole {name} \n" for name, text in parts.items())
    return f"akskv begin 1 {mode}\n{whole}{''.join(f'akskv {line}' + chr(10) for line in lines)}akskv end {mode} done\n"


def test_one_command_looks_at_everything() -> None:
    command = Command(report(USUAL, "may yes csi driver team-a"))
    seen = command.mounts.look("team-a")
    assert command.orders == ["mode mounts\nnamespace team-a\n"] and seen.namespace == "team-a"
    assert [each.name for each in seen.consumers.get()] == ["web"] and seen.kind_known.get()
    assert seen.secrets_of("team-a").get() == (
        SyncedSecret("team-a", "db", "Opaque", 2, managed=True, used=None),
        SyncedSecret("team-a", "odd", "Opaque", None, managed=False, used=None),
    )
    assert seen.sync_rights == {
        (AccountRef("csi", "driver"), "team-a"): seen.sync_rights[AccountRef("csi", "driver"), "team-a"]
    }
    assert seen.sync_rights[AccountRef("csi", "driver"), "team-a"].get() is True


@pytest.mark.parametrize("gone", [name for name in USUAL if name not in ("pods", "classes", "system")])
def test_a_part_that_did_not_come_is_unknown(gone: str) -> None:
    seen = Command(report({name: text for name, text in USUAL.items() if name != gone})).mounts.look()
    parts = {
        "driver": seen.installed.driver,
        "nodes": seen.installed.nodes,
        "csinodes": seen.installed.drivers,
        "statuses": seen.mounted,
        "events": seen.events,
        "secrets/team-a": seen.secrets_of("team-a"),
        "accounts/team-a": seen.accounts_of("team-a"),
    }
    assert [name for name, each in parts.items() if not each.known] == [gone]
    assert "the command's output was cut: 512 kB may come back" in str(parts[gone].gap)
    assert not seen.sync_rights[AccountRef("csi", "driver"), "team-a"].known


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("Forbidden User u cannot list", "not allowed to read the events; the right that is needed: list events"),
        ("ServiceUnavailable", "cannot read the events: (ServiceUnavailable)"),
        ("TooLarge", "512 kB may come back"),
        ("Other", "cannot read the events: (Other)"),
    ],
)
def test_what_kubectl_could_not_do_is_told(kind: str, told: str) -> None:
    without = {name: text for name, text in USUAL.items() if name != "events"}
    assert told in str(Command(report(without, f"gap events {kind}")).mounts.look().events.gap)


def test_a_part_of_nonsense_is_unknown_by_itself() -> None:
    seen = Command(report({**USUAL, "nodes": "<no value>\n", "events": '{"reason":3}\n'})).mounts.look()
    assert "cannot read the nodes" in str(seen.installed.nodes.gap) and not seen.events.known
    assert seen.consumers.known


SOURCE = LogSource("kube-system", "p", "provider-azure-installer", "n-0")
BEFORE = LogSource("kube-system", "p", "provider-azure-installer", "n-0", previous=True)


def test_one_command_reads_all_logs() -> None:
    output = report({"log/0": "E one\n\ttwo\n"}, "gap log/1 BadRequest", mode="logs")
    command = Command(output)
    assert list(command.mounts.logs([SOURCE, BEFORE], 90)) == [
        PodLog(SOURCE, ("E one", "\ttwo")),
        PodLog(BEFORE, gap=f"cannot read the log of {BEFORE}: (BadRequest)"),
    ]
    of = "log kube-system p provider-azure-installer"
    assert command.orders == [f"mode logs\nsince 90\n{of} current\n{of} previous\n"]


def test_a_log_that_was_shortened_says_so() -> None:
    output = f"akskv begin 1 logs\n{packed('E last' + chr(10))}akskv whole log/0 1200\nakskv end logs done\n"
    [log] = Command(output).mounts.logs([SOURCE], 90)
    assert log.cut == "only its last 1,200 lines came"


def test_an_empty_log_has_no_lines() -> None:
    [log] = Command(report({"log/0": ""}, mode="logs")).mounts.logs([SOURCE], 90)
    assert log == PodLog(SOURCE)


@pytest.mark.parametrize(
    ("output", "exit_code", "code"),
    [
        ("", 0, FAILED),
        ("bash: akskv.sh: no such file", 127, FAILED),
        ("akskv begin 1 mounts\nakskv data QUJD", 137, OUT_OF_MEMORY),
        (f"akskv begin 1 mounts\n{'akskv data QUJD' + chr(10)}" + "x" * 512_000, 0, CUT),
        (report(USUAL, mode="logs"), 0, FAILED),
        ("akskv begin 1 mounts\nakskv failed kubectl Missing\nakskv end mounts failed\n", 0, FAILED),
        ("akskv begin 1 mounts\nakskv data ?\nakskv whole nodes \n", 0, "UnreadableAnswer"),
    ],
)
def test_a_command_that_came_to_nothing_says_why(output: str, exit_code: int, code: str) -> None:
    with pytest.raises(Rejected) as failed:
        Command(output, exit_code=exit_code).mounts.look()
    assert failed.value.code == code


@pytest.mark.parametrize("namespace", ["team-a\nmode logs", "a b", "$(id)", "-A"])
def test_what_is_no_name_is_never_sent(namespace: str) -> None:
    command = Command(report(USUAL))
    with pytest.raises(Rejected, match="not a name"):
        command.mounts.look(namespace)
    with pytest.raises(Rejected, match="not a name"):
        list(command.mounts.logs([LogSource(namespace, "p", "c")], 60))
    assert command.orders == []


def test_the_script_chooses_by_the_same_words_as_a_direct_look() -> None:
    text = script()
    assert SELECTOR in re.sub(r"'\nSYSTEM_PODS\+='", "", text) and WARNINGS in text
    for word in (DRIVER_NAME, GROUP, NO_SECRET, CLIENT_ID, TENANT_ID, USE, NODE_NAME, *NODE_LABELS, *REASONS):
        assert word in text, word
    drivers = "|".join(app for app, role in ROLES.items() if role is Role.DRIVER)
    assert f"({drivers})" in text


@pytest.mark.parametrize("error", [Denied("run", "AuthorizationFailed"), Unavailable("run", "timeout")])
def test_a_command_that_cannot_be_run_raises(error: GatewayError) -> None:
    def refused(*_: Any) -> Any:
        raise error

    with pytest.raises(type(error)):
        InvokedMounts(refused, a_cluster).look()
