"""`python -m emulator`: a command in the environment of an emulation, and an emulation that stays."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from emulator.environment import EXTENSIONS
from emulator.worlds import catalogue

PYTHON = sys.executable
EMULATOR = [PYTHON, "-m", "emulator"]
CHECKOUT = Path(__file__).parent.parent.parent
LIMIT_SECONDS = 30.0
DELETE_KEY = """
import os, requests
token = requests.get(
    os.environ["IDENTITY_ENDPOINT"] + "?api-version=2019-08-01&resource=https://vault.emulator.test",
    headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]},
).json()["access_token"]
url = f"https://{os.environ['AKSKV_VAULT']}.vault.emulator.test/keys/{os.environ['AKSKV_KEY']}?api-version=7.4"
requests.delete(url, headers={"Authorization": f"Bearer {token}"}).raise_for_status()
"""

LOOK = """
import json, os
print(json.dumps([dict(os.environ), oct(os.stat(os.environ["AZURE_CONFIG_DIR"]).st_mode)]))
"""
WAIT = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
print("up", flush=True)
time.sleep(60)
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EMULATOR, *arguments],
        env={**os.environ, **environment},
        cwd=CHECKOUT,
        text=True,
        capture_output=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def show_environment(**environment: str) -> tuple[Mapping[str, str], str]:
    """What a command sees, and the mode of its az configuration."""
    seen, mode = json.loads(run("exec", "--world", "demo", "--", PYTHON, "-c", LOOK, **environment).stdout)
    return seen, mode


def test_worlds_lists_each_world_with_a_line() -> None:
    lines = run("worlds").stdout.splitlines()
    assert [line.split()[0] for line in lines] == catalogue.names()
    assert all(len(line.split()) > 4 for line in lines)
    assert {"demo", "public-rbac", "public-policy", "private-vnet", "entra-only", "system-identity", "kms-on"} <= {
        line.split()[0] for line in lines
    }


def test_a_command_finds_its_environment_and_leaves_nothing_behind() -> None:
    outer = {"CURL_CA_BUNDLE": "/elsewhere", "https_proxy": "http://elsewhere", "AZURE_CORE_OUTPUT": "table"}
    seen, mode = show_environment(**outer)
    names = [seen[f"AKSKV_{name}"] for name in ("GROUP", "CLUSTER", "VAULT", "KEY", "IDENTITY")]
    assert names == ["shop-rg", "shop", "shop-kv", "etcd", "shop-id"]
    assert seen["HTTPS_PROXY"].startswith("http://127.0.0.1:") and seen["https_proxy"] == seen["HTTPS_PROXY"]
    assert seen["NO_PROXY"] == "127.0.0.1,localhost" and seen["EMULATOR_CONTROL"].startswith("http://127.0.0.1:")
    assert seen["AZURE_EXTENSION_DIR"] == str(EXTENSIONS) == str(CHECKOUT / ".venv" / "extensions")
    assert seen["AZURE_AKSKV_WAIT_FACTOR"] == "0.02" and seen["AZURE_CORE_OUTPUT"] == "table"
    assert "CURL_CA_BUNDLE" not in seen and "AZURE_CORE_NO_COLOR" not in seen
    assert mode == "0o40700"
    assert not Path(seen["AZURE_CONFIG_DIR"]).exists() and not Path(seen["REQUESTS_CA_BUNDLE"]).exists()


def test_stock_az_works_in_it_and_calls_nobody_else() -> None:
    script = "az account show --query name -o tsv; az aks show -g $AKSKV_GROUP -n $AKSKV_CLUSTER --query name -o tsv"
    done = run("exec", "--world", "demo", "--", "sh", "-c", f"{script}; curl -s $EMULATOR_CONTROL/requests")
    name, cluster, requested = done.stdout.splitlines()
    assert (name, cluster) == ("Shop", "shop"), done.stderr
    assert {request["site"] for request in json.loads(requested)} == {"identity", "arm"}


def test_az_can_be_a_persons() -> None:
    asked = "az ad signed-in-user show --query userPrincipalName -o tsv; az account show --query user.type -o tsv"
    told = run("exec", "--world", "demo", "--login", "person", "--", "sh", "-c", asked)
    assert told.stdout.splitlines() == ["ops@shop.example", "user"], told.stderr


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ([PYTHON, "-c", "raise SystemExit(7)"], 7),
        ([PYTHON, "-c", "import os; os.kill(os.getpid(), 9)"], 137),
        (["no-such-program"], 127),
    ],
)
def test_the_exit_code_is_the_commands(command: list[str], code: int) -> None:
    assert run("exec", "--world", "public-rbac", "--", *command).returncode == code


def test_a_lost_secret_makes_it_70_and_says_why() -> None:
    done = run("exec", "--world", "kms-on", "--", PYTHON, "-c", DELETE_KEY)
    assert done.returncode == 70, done.stderr
    said = done.stderr.splitlines()[0]
    assert said.startswith("emulator: the oracle tripped: ")
    assert said.endswith("after DELETE https://shop-kv.vault.emulator.test/keys/etcd")


def test_time_begins_and_steps_as_told() -> None:
    ask = "import os, requests; print(requests.get(os.environ['EMULATOR_CONTROL'] + '/clock').json()['now'])"
    done = run("exec", "--world", "demo", "--clock", "2026-03-01T12:00:00Z", "--step", "2", "--", PYTHON, "-c", ask)
    assert done.stdout.strip() == "2026-03-01T12:00:00+00:00"


def test_an_interrupt_is_the_commands_to_handle() -> None:
    command = [*EMULATOR, "exec", "--world", "demo", "--", PYTHON, "-c", WAIT]
    with subprocess.Popen(command, cwd=CHECKOUT, text=True, stdout=subprocess.PIPE) as emulator:
        assert emulator.stdout and emulator.stdout.readline() == "up\n"
        emulator.send_signal(signal.SIGTERM)
        assert emulator.wait(LIMIT_SECONDS) == 5


def test_serve_tells_where_it_is_and_stops_when_told(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [*EMULATOR, "serve", "--world", "kms-on", "--ready-file", str(ready)]
    with subprocess.Popen(command, cwd=CHECKOUT) as emulator:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not ready.exists():
            assert emulator.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        told = json.loads(ready.read_text())
        assert stat.S_IMODE(ready.stat().st_mode) == 0o600
        control = told["environment"]["EMULATOR_CONTROL"]
        assert told["endpoints"]["control"] == control and Path(told["ca"]).exists()
        assert requests.get(f"{control}/requests", timeout=5).json() == []
        emulator.send_signal(signal.SIGTERM)
        assert emulator.wait(LIMIT_SECONDS) == 0
    assert list(tmp_path.iterdir()) == [] and not Path(told["ca"]).exists()
