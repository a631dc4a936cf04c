"""azdev with its arguments, on `az aks` alone: its linter loads all 65 modules of az to look at one extension."""

from __future__ import annotations

import sys
from typing import Any

from azdev.__main__ import main
from azure.cli.core import MainCommandsLoader

load_modules = MainCommandsLoader._load_modules


def load_acs(loader: MainCommandsLoader, args: list[str] | None, modules: list[str]) -> Any:
    """Of az's own modules only `acs`, the one that holds `az aks`."""
    loader.cli_ctx.invocation.data["command_string"] = ""  # which one of the other 64 sets
    return load_modules(loader, args, [name for name in modules if name == "acs"])


MainCommandsLoader._load_modules = load_acs
sys.exit(main())
