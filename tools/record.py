"""`record.py emulator` and `record.py azure`: plays the scenarios for real, and keeps what went over the wire.

The cassettes in tests/recordings are written anew. azure-cli-testsdk deletes the old ones first, so the git tree has to
be clean: then `git diff` shows what changed and `git checkout` brings the old ones back.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
SCENARIOS = sorted(str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "tests").glob("test_*_scenario.py"))
PLAY = [sys.executable, "-m", "pytest", "-q", *SCENARIOS]
# A clock that each request moves by a second: a new recording differs only where the programs do.
CLOCK = ["--clock", "2026-11-02T09:00:00Z", "--step", "1"]
EMULATED = [sys.executable, "-m", "emulator", "exec", "--world", "public-rbac", *CLOCK, "--"]
NAMED = ("AKSKV_GROUP", "AKSKV_CLUSTER", "AKSKV_VAULT", "AKSKV_KEY")
COST = """The scenarios turn KMS on and off on {AKSKV_CLUSTER} in {AKSKV_GROUP}, with key {AKSKV_KEY} of {AKSKV_VAULT}.
Each change restarts its API servers and takes 5 to 15 minutes; an hour in all. A cluster of one small node and a
standard key vault cost well under one dollar for that hour. Use a cluster that nobody needs.
Type the cluster's name to go on: """


def main(source: str) -> int:
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    if dirty.stdout:
        sys.exit(f"Commit first: recording overwrites cassettes, and these files are not clean.\n{dirty.stdout}")
    if not SCENARIOS:
        sys.exit("There is no tests/test_*_scenario.py to record.")
    environment = {**os.environ, "AZURE_TEST_RUN_LIVE": "True"}
    if source == "emulator":
        return subprocess.run([*EMULATED, *PLAY], cwd=CHECKOUT, env=environment, check=False).returncode
    return subprocess.run(PLAY, cwd=CHECKOUT, env={**environment, **of_the_user()}, check=False).returncode


def of_the_user() -> dict[str, str]:
    """The user's own login, after the user has said yes to what it costs."""
    missing = [name for name in NAMED if not os.environ.get(name)]
    if missing:
        sys.exit(f"Set {', '.join(missing)}: the cluster, vault and key to record against (see CONTRIBUTING.rst).")
    if input(COST.format_map(os.environ)) != os.environ["AKSKV_CLUSTER"]:
        sys.exit("Nothing was done.")
    config = os.environ.get("AZURE_CONFIG_DIR") or str(Path.home() / ".azure")
    return {"AZURE_CONFIG_DIR": config, "AZURE_EXTENSION_DIR": str(CHECKOUT / ".venv" / "extensions")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
