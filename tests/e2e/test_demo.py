"""The stories of the demos of the Makefile, against what they told when somebody last read them. Two are told as
the Makefile tells them; the longer ones by an az that is forked where it is imported already."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import environment
from emulator.emulation import Emulation
from emulator.worlds import catalogue
from tests.e2e.conftest import PRELOAD
from tests.e2e.warm_az import WarmAz

CHECKOUT = Path(__file__).parent.parent.parent
TRANSCRIPTS = {
    "walkthrough": CHECKOUT / "demo" / "transcript.txt",
    "flows": CHECKOUT / "demo" / "flows.txt",
    "upgrades": CHECKOUT / "demo" / "upgrades.txt",
    "privatelink": CHECKOUT / "demo" / "privatelink.txt",
    "decided": CHECKOUT / "demo" / "decided.txt",
    "provider": CHECKOUT / "demo" / "provider.txt",
}
WORLDS = {"walkthrough": "demo", "flows": "demo-flows", "upgrades": "demo-upgrades"}
WORLDS |= {"privatelink": "pl-nothing", "decided": "pl-hub", "provider": "demo-provider"}
AS_THE_MAKEFILE_TELLS_IT = ("walkthrough", "decided")
VARIES = (
    (re.compile(r"\d{8}-\d{6}-([a-z0-9-]+)"), r"RUN-\1"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+]00:00"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "DATE"),
    (re.compile(r"^  note   default/demo-csi-secret-reader, class .*\n", re.MULTILINE), ""),  # told while it waits
    (re.compile(r"(mount in order) after \d+(\.\d)? s$", re.MULTILINE), r"\1"),
    (re.compile(r"\b\d+ min( \d+ s)?|\b\d+(\.\d)? s\b"), "DURATION"),
    (re.compile(r'"seconds": [\d.]+'), '"seconds": SECONDS'),
    (re.compile(r"(yes|no) +[\d.]+$", re.MULTILINE), r"\1  SECONDS"),
    (re.compile(r"(SecretProviderClass|Pod)( default/.*resourceVersion) \d+"), r"\1\2 NUMBER"),  # by events beside it
    (re.compile(r"(?<=  )\d+[dhms]$", re.MULTILINE), "AGE"),  # of kubectl
    (re.compile(r"\d+ times; from [^ ]+ to [^ ]+Z"), "TIMES"),
    (re.compile(r"^(  \d+/\d+ \.\.\. .*|[\d,]+ secrets read)\n", re.MULTILINE), ""),  # progress: told when it is slow
)


def without_what_varies(text: str) -> str:
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return text


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, WarmAz]]:
    """A folder with az's configuration, and az."""
    folder = tmp_path_factory.mktemp("demo")
    environment.write_files(folder)
    own = {
        "AZURE_CONFIG_DIR": str(folder / "azure"),
        "AZURE_EXTENSION_DIR": str(environment.EXTENSIONS),
        "FORK_AZ_PRELOAD": " ".join(PRELOAD),
        "FORK_AZ_PATH": str(environment.EXTENSIONS / "akskv"),
    }
    az = WarmAz(folder, environment.complete(own))
    yield folder, az
    az.close()


def told(command: list[str], variables: dict[str, str]) -> str:
    story = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert story.returncode == 0, story.stdout
    return story.stdout


def told_warm(name: str, folder: Path, az: WarmAz) -> str:
    spec = catalogue.load(WORLDS[name])
    environment.write_profile(folder, spec.subscriptions)
    shutil.rmtree(folder / "azure" / "akskv", ignore_errors=True)
    with Emulation(spec) as emulation:
        variables = environment.complete(environment.variables(emulation, folder))
        variables["PATH"] = f"{az.programs}{os.pathsep}{variables['PATH']}"
        az.forget()
        story = told(["bash", f"demo/{name}.sh"], variables)
        unseen = (CHECKOUT / "demo" / f"{name}.sh").read_text(encoding="utf-8").count("$(az ")  # only for their output
        assert len(az.calls()) == story.count("\n$ az ") + unseen
        assert emulation.verdict()["ok"], emulation.verdict()
    return story


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_demo_tells_the_story_of_its_transcript(
    request: pytest.FixtureRequest, machine: tuple[Path, WarmAz], name: str
) -> None:
    if name in AS_THE_MAKEFILE_TELLS_IT:
        emulated = [sys.executable, "-m", "emulator", "exec", "--world", WORLDS[name]]
        story = told([*emulated, "--", "bash", f"demo/{name}.sh"], dict(os.environ))
    else:
        story = told_warm(name, *machine)
    if request.config.getoption("--update"):
        TRANSCRIPTS[name].write_text(story, encoding="utf-8")
    assert without_what_varies(story) == without_what_varies(TRANSCRIPTS[name].read_text(encoding="utf-8"))


def test_what_the_readme_shows_is_what_the_demos_told() -> None:
    texts = [transcript.read_text(encoding="utf-8") for transcript in TRANSCRIPTS.values()]
    told = [line for text in texts for line in without_what_varies(text).splitlines()]
    readme = without_what_varies((CHECKOUT / "README.rst").read_text(encoding="utf-8")).splitlines()
    begins = [number for number, line in enumerate(readme) if line.startswith("    $ az ")]
    assert len(begins) == 12
    for begin in begins:
        end = readme.index("", begin)
        shown = [line.removeprefix("    ") for line in readme[begin:end]]
        assert [line for line in shown if line not in told] == []
