"""`az aks` loads the extension on every call: what that costs is which modules it imports."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.architecture.codebase import CHECKOUT

# On `az aks show` az makes the loader and asks it for its commands; for a command of ours also for its arguments,
# for which it imports the handler.
PROGRAM = """
import json, sys
import azure.cli.core.commands.command_operation, azure.cli.core.commands.parameters  # az loads them for its own aks
from azure.cli.core.mock import DummyCli

STANDARD = ("asyncio", "concurrent.futures", "http.client", "ssl", "sqlite3")  # heavy, though of the library
context = DummyCli()
seen = set(sys.modules)

def new():
    fresh = sorted(name for name in set(sys.modules) - seen if name not in sys.stdlib_module_names or name in STANDARD)
    seen.update(fresh)
    return fresh

from azext_akskv import COMMAND_LOADER_CLS
loader = COMMAND_LOADER_CLS(cli_ctx=context)
table = loader.load_command_table(None)
on_every_aks = new()
loader.skip_applicability = True
for name, command in table.items():
    command.load_arguments()
    loader.load_arguments(name)
print(json.dumps([on_every_aks, new(), len(table)]))
"""
HEAVY = (
    "azure.mgmt",
    "azure.keyvault",
    "azure.core",
    "msrest",
    "requests",
    "urllib3",
    "asyncio",
    "http.client",
    "yaml",
)


def modules_loaded() -> tuple[list[str], list[str]]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    on_every_aks, on_ours, commands = json.loads(done.stdout)
    assert commands > 0
    return on_every_aks, on_ours


def test_az_aks_loads_five_small_modules_and_no_more() -> None:
    on_every_aks, _ = modules_loaded()
    helps = ["azext_akskv._help", "azext_akskv._help_kms", "azext_akskv._help_provider"]
    assert on_every_aks == ["azext_akskv", *helps, "azext_akskv.commands"]


def test_no_sdk_is_loaded_until_a_command_of_its_own_runs() -> None:
    _, on_ours = modules_loaded()
    assert "azext_akskv._params" in on_ours
    assert not [name for name in on_ours if name.startswith((*HEAVY, "azext_akskv.gateways"))]
