"""A person at a terminal: asked after the plan, free to say no, and told what is safe after Ctrl-C."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from emulator import environment
from tests.e2e.conftest import WAIT_FACTOR, Station

ENABLE = ("aks", "kv", "kms", "enable", "-g", "shop-rg", "-n", "shop", "--vault", "shop-kv", "--key", "etcd")
CTRL_C = "\x03"
LIMIT_SECONDS = 60
SILENCE_SECONDS = 5
ERASED = re.compile(r"[^\n]*\r\x1b\[K")


@dataclass(frozen=True)
class Typing:
    """What is typed as soon as the screen shows something."""

    when: str
    keys: str


def at_a_terminal(station: Station, typing: Sequence[Typing]) -> tuple[int, str]:
    """az's exit code, and what stands on the screen at the end."""
    variables = environment.variables(station.emulation, station.folder) | {"AZURE_AKSKV_WAIT_FACTOR": WAIT_FACTOR}
    terminal, its_side = pty.openpty()
    az = subprocess.Popen(
        [sys.executable, "-m", "azure.cli", *ENABLE, "-o", "none"],
        env=environment.complete(variables | {"COLUMNS": "200"}),
        stdin=its_side,
        stdout=its_side,
        stderr=its_side,
    )
    os.close(its_side)
    screen, waiting, keys = "", list(typing), ""

    def interrupt() -> None:
        if keys == CTRL_C:  # what a terminal makes of the key
            az.send_signal(signal.SIGINT)

    while text := read_from(terminal, interrupt):
        screen += text
        if waiting and waiting[0].when in screen:
            keys = waiting.pop(0).keys
            interrupt()
            os.write(terminal, b"" if keys == CTRL_C else keys.encode())
    os.close(terminal)
    return az.wait(timeout=LIMIT_SECONDS), ERASED.sub("", screen.replace("\r\n", "\n"))


def read_from(terminal: int, press_again: Callable[[], None]) -> str:
    """Empty when the program is gone. After a silence the key is pressed again, as a person would: Python loses a
    Ctrl-C that comes just before its prompt begins to wait."""
    silences = 0
    while not select.select([terminal], [], [], SILENCE_SECONDS)[0]:
        silences += 1
        assert silences * SILENCE_SECONDS < LIMIT_SECONDS, "az says nothing"
        press_again()
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:  # how Linux tells that nobody holds the other side any more
        return ""


@pytest.fixture(autouse=True)
def _with_ctrl_c() -> None:
    """A shell that starts tests in the background has them ignore Ctrl-C, and what they start inherits that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def shop(station: Station) -> Station:
    station.start("demo", secrets=20)
    return station


def test_a_no_after_the_plan_changes_nothing(shop: Station) -> None:
    code, screen = at_a_terminal(shop, [Typing("(y/n)", "n\n")])
    assert code == 0
    assert screen.index("point of no return") < screen.index("Encrypt the secrets of shop") < screen.index("(y/n): n")
    assert "Nothing was changed." in screen
    assert shop.changes() == []


def test_ctrl_c_at_the_question_changes_nothing(shop: Station) -> None:
    code, screen = at_a_terminal(shop, [Typing("(y/n)", CTRL_C)])
    assert code == 1
    assert "Interrupted before anything was changed." in screen and "Traceback" not in screen
    assert shop.changes() == []


def test_ctrl_c_in_a_run_says_what_is_safe_and_the_same_command_goes_on(shop: Station) -> None:
    code, screen = at_a_terminal(shop, [Typing("(y/n)", "y\n"), Typing("the cluster is", CTRL_C)])
    assert code == 1 and "Traceback" not in screen
    last_words = screen[screen.index("Interrupted in the step: turn on KMS") :]
    assert re.search(r"Safe: .*keep it", last_words)
    assert re.search(r"Next: .*run the same command again; it goes on at step 2\n +az aks kv kms enable ", last_words)
    code, screen = at_a_terminal(shop, [Typing("(y/n)", "y\n")])
    assert code == 0 and "Going on with run" in screen and "proved" in screen
    assert shop.stored_under() == {shop.key_in_arm()}


def test_progress_is_written_over_and_leaves_no_trace(shop: Station) -> None:
    code, screen = at_a_terminal(shop, [Typing("(y/n)", "y\n")])
    assert code == 0
    assert not re.search(r"^ +\d/\d \.\.\.|^Looking at", screen, re.MULTILINE)
    assert len(re.findall(r"^  [1-6]/6 .*done", screen, re.MULTILINE)) == 6
