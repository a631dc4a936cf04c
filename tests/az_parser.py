"""az's own command table and parser with the extension's commands in them, without a process."""

from __future__ import annotations

from typing import Any

from azure.cli.core.mock import DummyCli

from azext_akskv import COMMAND_LOADER_CLS


def loaded_az() -> tuple[Any, Any]:
    """az with every command of ours and its arguments loaded, and the extension's loader."""
    cli = DummyCli()
    cli.invocation = cli.invocation_cls(
        cli_ctx=cli, commands_loader_cls=cli.commands_loader_cls, parser_cls=cli.parser_cls, help_cls=cli.help_cls
    )
    cli.invocation.data["command_string"] = ""
    loader, everything = COMMAND_LOADER_CLS(cli_ctx=cli), cli.invocation.commands_loader
    table = loader.load_command_table(None)
    everything.command_table.update(table)
    everything.cmd_to_loader_map.update({name: [loader] for name in table})
    everything.load_arguments()
    return cli, loader
