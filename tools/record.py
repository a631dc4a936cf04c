"""`record.py emulator` and `record.py azure`: plays the scenarios for real, and keeps what went over the wire.

azure-cli-testsdk deletes a cassette before it records it anew, so the git tree has to be clean: then `git diff` shows
what changed, and `git checkout` brings the old ones back. What was recorded from Azure is never replaced from the
emulator.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RECORDINGS = CHECKOUT / "tests" / "recordings"
PYTEST = [sys.executable, "-m", "pytest", "-q"]

# A clock that each request moves by a second: a new recording differs only where the programs do. It is years ahead, so
# that az, which goes by the machine's clock, never finds a token expired and asks for another one.
CLOCK = ["--clock", "2030-01-02T09:00:00Z", "--step", "1"]
EMULATOR = [sys.executable, "-m", "emulator", "exec", "--world", "public-rbac", *CLOCK, "--"]

LIVE_WORLDS = {
    "public-rbac": ("PublicRbac", "EnabledBefore", "KmsOn"),
    "public-policy": ("PublicPolicy",),
    "private-vnet": ("PrivateVnet", "PrivateOn"),
    "entra-only": ("EntraOnly",),
}
"""What the user's cluster and vault may be like (AKSKV_WORLD), and the classes of stories that fit."""
NAMED = ("AKSKV_GROUP", "AKSKV_CLUSTER", "AKSKV_VAULT", "AKSKV_KEY")
QUESTION = """{count} scenarios, in the subscription that az is logged in to now.
They turn KMS on and off on the cluster {AKSKV_CLUSTER} in {AKSKV_GROUP}, with the key {AKSKV_KEY} of {AKSKV_VAULT}, and
rewrite every secret of the cluster. What it costs: each change of KMS restarts the API servers and takes 5 to 15
minutes; there are two or three of them, so up to an hour in which the cluster runs and is paid for. A cluster of one
small node and a standard key vault cost well under one dollar for it. What stays: the role assignments or the access
policy of the cluster's identity on the vault. The key must be kept for as long as the cluster lives, also after KMS is
off. Names of secrets, of the cluster and of the vault are recorded: use a cluster that nobody needs.
Type the cluster's name to go on: """


def main(source: str) -> int:
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    if dirty.stdout:
        sys.exit(f"Commit first: recording overwrites cassettes, and these files are not clean.\n{dirty.stdout}")
    if source == "azure":
        chosen = fitting(stories(), os.environ.get("AKSKV_WORLD", "public-rbac"))
        return play(PYTEST + chosen, of_the_user(len(chosen)))
    chosen = [story for story in stories() if not from_azure(story)]
    for cassette in RECORDINGS.glob("*.yaml"):
        if not from_azure(cassette.stem):
            cassette.unlink()  # its story may be gone or have another name now
    return play(EMULATOR + PYTEST + chosen, {})


def stories() -> list[str]:
    """pytest's ids of all scenarios: file::class::method."""
    files = [str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "tests").glob("test_*_scenario.py")]
    listing = subprocess.run(
        [*PYTEST, "--collect-only", *sorted(files)], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if listing.returncode:
        sys.exit(listing.stdout + listing.stderr)
    return [line for line in listing.stdout.splitlines() if "::" in line]


def fitting(every: list[str], world: str) -> list[str]:
    if world not in LIVE_WORLDS:
        sys.exit(f"AKSKV_WORLD is {world!r}; it says what cluster and vault are like: {', '.join(LIVE_WORLDS)}.")
    return [story for story in every if story.split("::")[1] in LIVE_WORLDS[world]]


def from_azure(story: str) -> bool:
    cassette = RECORDINGS / f"{story.rpartition('::')[2]}.yaml"
    return cassette.exists() and cassette.read_text(encoding="utf-8").startswith("# recorded-from: azure\n")


def of_the_user(count: int) -> dict[str, str]:
    """The user's own login, after the user has said yes to what it costs."""
    if "EMULATOR_CONTROL" in os.environ:
        sys.exit("This shell is logged in to an emulator: leave it first.")
    missing = [name for name in NAMED if not os.environ.get(name)]
    if missing:
        sys.exit(f"Set {', '.join(missing)}: the cluster, vault and key to record with (see CONTRIBUTING.rst).")
    print(QUESTION.format(count=count, **{name: os.environ[name] for name in NAMED}), end="", flush=True)
    if sys.stdin.readline().strip() != os.environ["AKSKV_CLUSTER"]:
        sys.exit("\nNothing was done.")
    config = os.environ.get("AZURE_CONFIG_DIR") or str(Path.home() / ".azure")
    return {"AZURE_CONFIG_DIR": config, "AZURE_EXTENSION_DIR": str(CHECKOUT / ".venv" / "extensions")}


def play(command: list[str], more: dict[str, str]) -> int:
    environment = {**os.environ, **more, "AZURE_TEST_RUN_LIVE": "True"}
    return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
