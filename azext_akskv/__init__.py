"""The extension as az sees it: one loader. It runs on every `az aks ...`, so it imports nothing heavy."""

from __future__ import annotations

from typing import Any

from azure.cli.core import AzCommandsLoader

from azext_akskv import _help  # noqa: F401  # pylint: disable=unused-import  # it fills knack's help table


class AksKvCommandsLoader(AzCommandsLoader):  # type: ignore[misc]  # az carries no types
    """Adds the groups of `az aks kv` to az's command table."""

    def load_command_table(self, args: list[str] | None) -> Any:
        """Every command by its full name."""
        from azext_akskv.commands import load_command_table

        load_command_table(self, args)
        return self.command_table

    def load_arguments(self, command: str) -> None:
        """Declares the arguments of one command."""
        from azext_akskv._params import load_arguments

        load_arguments(self, command)


COMMAND_LOADER_CLS = AksKvCommandsLoader
