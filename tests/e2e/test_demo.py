"""The stories of the three demos of the Makefile, against what they told when somebody last read them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent.parent
TRANSCRIPTS = {
    "walkthrough": CHECKOUT / "demo" / "transcript.txt",
    "flows": CHECKOUT / "demo" / "flows.txt",
    "upgrades": CHECKOUT / "demo" / "upgrades.txt",
    "privatelink": CHECKOUT / "demo" / "privatelink.txt",
    "decided": CHECKOUT / "demo" / "decided.txt",
}
WORLDS = {"walkthrough": "demo", "flows": "demo-flows", "upgrades": "demo-upgrades"}
WORLDS |= {"privatelink": "pl-nothing", "decided": "pl-hub"}
VARIES = (
    (re.compile(r"\d{8}-\d{6}-([a-z0-9-]+)"), r"RUN-\1"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+]00:00"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "DATE"),
    (re.compile(r"\b\d+ min( \d+ s)?|\b\d+(\.\d)? s\b"), "DURATION"),
    (re.compile(r'"seconds": [\d.]+'), '"seconds": SECONDS'),
    (re.compile(r"(yes|no) +[\d.]+$", re.MULTILINE), r"\1  SECONDS"),
    (re.compile(r"^(  \d+/\d+ \.\.\. .*|[\d,]+ secrets read)\n", re.MULTILINE), ""),  # progress: told when it is slow
)


def without_what_varies(text: str) -> str:
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return text


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_demo_tells_the_story_of_its_transcript(request: pytest.FixtureRequest, name: str) -> None:
    story = subprocess.run(
        [sys.executable, "-m", "emulator", "exec", "--world", WORLDS[name], "--", "bash", f"demo/{name}.sh"],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert story.returncode == 0, story.stdout
    if request.config.getoption("--update"):
        TRANSCRIPTS[name].write_text(story.stdout, encoding="utf-8")
    assert without_what_varies(story.stdout) == without_what_varies(TRANSCRIPTS[name].read_text(encoding="utf-8"))


def test_what_the_readme_shows_is_what_the_demos_told() -> None:
    texts = [transcript.read_text(encoding="utf-8") for transcript in TRANSCRIPTS.values()]
    told = [line for text in texts for line in without_what_varies(text).splitlines()]
    readme = without_what_varies((CHECKOUT / "README.rst").read_text(encoding="utf-8")).splitlines()
    begins = [number for number, line in enumerate(readme) if line.startswith("    $ az ")]
    assert len(begins) == 10
    for begin in begins:
        end = readme.index("", begin)
        shown = [line.removeprefix("    ") for line in readme[begin:end]]
        assert [line for line in shown if line not in told] == []
