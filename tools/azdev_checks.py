"""`azdev_checks.py linter` and `azdev_checks.py style`: Microsoft's checks for extensions, on a copy of this one.

azdev expects clones of azure-cli and azure-cli-extensions beside each other, fetches one configuration file from
GitHub while it is imported, and keeps its settings in the home folder. Here all three lie in .venv-azdev, and a proxy
that does not exist keeps it from reaching out. Unchanged sources that have passed once are not checked again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv-azdev"
CLI_REPOSITORY = VENV / "azure-cli"
EXTENSIONS_REPOSITORY = VENV / "azure-cli-extensions"
COPY = EXTENSIONS_REPOSITORY / "src" / "akskv"
COPIED = ("setup.py", "LICENSE", "linter_exclusions.yml")
ARGUMENTS = {
    # The rules for test coverage compare git branches of azure-cli-extensions: they do not apply here.
    "linter": ["--min-severity", "medium", "--rule-types", "params", "commands", "command_groups", "help_entries"],
    "style": [],
}
# azdev's own settings stand, but for what contradicts `ruff format` (a protocol's `...` on the line of its def, blanks
# in slices), what ruff watches already (long lines), frozen records (many fields, few methods), and functions that
# answer to a protocol (arguments that they do not use).
NOT_PYLINT = ("too-many-instance-attributes", "too-few-public-methods", "unused-argument", "line-too-long")
NOT_FLAKE8 = ("E203", "E704")
STYLE = (("ext_pylintrc", "pylintrc", "disable=", NOT_PYLINT), ("ext.flake8", ".flake8", "ignore =", NOT_FLAKE8))
# What azdev says when it looked at nothing, which it counts as passed.
LOOKED_AT_NOTHING = ("No commands selected", "Unable to load extension", "No modules selected")
# Names that azdev's command coverage report wants at import time; the linter and the style check use none of them.
COVERAGE_LISTS = (
    "CMD_PATTERN GLOBAL_PARAMETERS GENERIC_UPDATE_PARAMETERS WAIT_CONDITION_PARAMETERS OTHER_PARAMETERS "
    "CLI_OWN_MODULES EXCLUDE_COMMANDS EXCLUDE_MODULES GLOBAL_EXCLUDE_COMMANDS"
)
COVERAGE_TEXTS = (
    "QUO_PATTERN END_PATTERN DOCS_END_PATTERN NOT_END_PATTERN NUMBER_SIGN_PATTERN ENCODING "
    "RED ORANGE GREEN BLUE GOLD RED_PCT ORANGE_PCT GREEN_PCT BLUE_PCT"
)


def copy_sources() -> str:
    """The extension as azure-cli-extensions would hold it. Returns a fingerprint of all that was copied."""
    shutil.rmtree(EXTENSIONS_REPOSITORY, ignore_errors=True)
    shutil.copytree(CHECKOUT / "azext_akskv", COPY / "azext_akskv", ignore=shutil.ignore_patterns("__pycache__"))
    for name in COPIED:
        if (CHECKOUT / name).exists():
            shutil.copy(CHECKOUT / name, COPY / name)
    files = sorted(path for path in COPY.rglob("*") if path.is_file())
    digest = hashlib.sha256(importlib.metadata.version("azure-cli").encode() + Path(__file__).read_bytes())
    for path in files:
        digest.update(str(path).encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def lay_out_repositories() -> None:
    """The few files that azdev looks for in the two repositories it expects."""
    coverage = CLI_REPOSITORY / "scripts" / "ci" / "cmdcov.yml"
    coverage.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}: []" for name in COVERAGE_LISTS.split()] + [f"{name}: ''" for name in COVERAGE_TEXTS.split()]
    coverage.write_text("\n".join(lines) + "\n", encoding="utf-8")
    [settings] = VENV.glob("lib/python3*/site-packages/azdev/config")
    for theirs, ours, setting, names in STYLE:
        text = (settings / theirs).read_text(encoding="utf-8")
        assert f"\n{setting}\n" in text, f"azdev's {theirs} has changed"
        more = "".join(f"    {name},\n" for name in names)
        (EXTENSIONS_REPOSITORY / ours).write_text(text.replace(f"{setting}\n", f"{setting}\n{more}"), encoding="utf-8")
    subprocess.run([sys.executable, "setup.py", "--quiet", "egg_info"], cwd=COPY, check=True)


def run_azdev(command: str) -> int:
    """Returns azdev's exit code: the number of rules that found something."""
    environment = {
        "VIRTUAL_ENV": str(VENV),
        "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
        "AZDEV_CONFIG_DIR": str(VENV / "settings"),
        "AZDEV_CLI_REPO_PATH": str(CLI_REPOSITORY),
        "AZDEV_EXT_REPO_PATHS": str(EXTENSIONS_REPOSITORY),
        "AZURE_CONFIG_DIR": str(VENV / "azure"),
        "AZURE_EXTENSION_DIR": str(VENV / "extensions"),
        "AZURE_EXTENSION_DEV_SOURCES": str(EXTENSIONS_REPOSITORY),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    arguments = [
        sys.executable,
        str(Path(__file__).with_name("azdev_for_aks.py")),
        command,
        "akskv",
        *ARGUMENTS[command],
    ]
    done = subprocess.run(
        arguments, cwd=COPY, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    print(said)
    return done.returncode or any(nothing in said for nothing in LOOKED_AT_NOTHING)


def main(command: str) -> int:
    stamp = VENV / f"{command}.passed"
    current = copy_sources()
    if stamp.exists() and stamp.read_text() == current:
        return 0
    lay_out_repositories()
    code = run_azdev(command)
    if code == 0:
        stamp.write_text(current)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
