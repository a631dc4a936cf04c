"""Output, time, chance and the environment enter at named places only; everything else is given them."""

from __future__ import annotations

import pytest

from tests.architecture.codebase import PROGRAMS, mentions, python_files, shown

# What may be mentioned where: a folder or a file.
PLACES = {
    "print": ("azext_akskv/cli/", "emulator/__main__.py"),
    "sys.stdout": ("azext_akskv/cli/", "emulator/__main__.py", "emulator/programs/client.py"),
    "sys.stderr": (
        "azext_akskv/cli/",
        "emulator/__main__.py",
        "emulator/core/exchange.py",
        "emulator/programs/client.py",
    ),
    "time.sleep": ("azext_akskv/engine/waiting.py", "emulator/real/programs.py", "emulator/programs/client.py"),
    "time.time": (),
    "datetime.now": ("azext_akskv/engine/waiting.py", "emulator/core/clock.py"),
    "datetime.utcnow": (),
    "uuid.uuid4": (),
    "uuid4": ("azext_akskv/cli/wiring.py",),
    "os.environ": ("azext_akskv/cli/wiring.py", "emulator/environment.py", "emulator/programs/client.py"),
    "os.getenv": (),
}


@pytest.mark.parametrize("name", PLACES)
def test_it_is_mentioned_only_where_it_belongs(name: str) -> None:
    mentioned = {shown(path) for path in python_files(*PROGRAMS) for _, text in mentions(path) if text == name}
    assert {path for path in mentioned if not path.startswith(PLACES[name] or "nowhere")} == set()


def test_the_places_are_real() -> None:
    """A place that no longer mentions anything would let the rule rot."""
    seen = {(shown(path), text) for path in python_files(*PROGRAMS) for _, text in mentions(path)}
    for name in ("time.sleep", "datetime.now", "os.environ"):
        for place in PLACES[name]:
            assert (place, name) in seen, f"{place} does not mention {name}"
