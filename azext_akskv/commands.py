"""The command table: which handler stands behind each name, and how its result looks as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from azure.cli.core.commands import CliCommandType


def load_command_table(loader: Any, _args: list[str] | None) -> None:
    """Handlers are named, not imported: az imports the module of the one command that runs."""
    _of_whole_clusters(loader)
    kms = CliCommandType(operations_tmpl="azext_akskv.cli.kms#{}")
    operation = CliCommandType(operations_tmpl="azext_akskv.cli.operation#{}")
    provider = CliCommandType(operations_tmpl="azext_akskv.cli.provider#{}")

    with loader.command_group("aks kv kms", custom_command_type=kms) as group:
        group.custom_command(
            "enable", "enable", table_transformer=_table("change_table"), validator=_what_goes_together
        )
        group.custom_command("disable", "disable", table_transformer=_table("change_table"))
        group.custom_command("list", "list_clusters", table_transformer=_table("fleet_table"))
        group.custom_command("migrate-mode", "migrate_mode", table_transformer=_table("change_table"))
        group.custom_command("migrate-encryption", "migrate_encryption", table_transformer=_table("change_table"))
        group.custom_command("migrate-v2", "migrate_v2", table_transformer=_table("change_table"))
        group.custom_show_command("show", "show", table_transformer=_table("state_table"))

    with loader.command_group("aks kv secrets-provider", custom_command_type=provider) as group:
        group.custom_command("enable", "enable", table_transformer=_table("change_table"))
        group.custom_command(
            "grant", "grant", table_transformer=_table("change_table"), validator=_checked("options_of_grant")
        )
        group.custom_command(
            "generate",
            "generate",
            table_transformer=_table("change_table"),
            validator=_checked("options_of_generate"),
        )
        group.custom_show_command("show", "show", table_transformer=_table("provider_table"))

    with loader.command_group("aks kv operation", custom_command_type=operation) as group:
        group.custom_command("list", "list_runs", table_transformer=_table("runs_table"))
        group.custom_show_command("show", "show_run", table_transformer=_table("journal_table"))
        group.custom_command("abandon", "abandon_run", table_transformer=_table("run_table"))


def _of_whole_clusters(loader: Any) -> None:
    upkeep = CliCommandType(operations_tmpl="azext_akskv.cli.upkeep#{}")
    privatelink = CliCommandType(operations_tmpl="azext_akskv.cli.privatelink#{}")
    diagnosis = CliCommandType(operations_tmpl="azext_akskv.cli.diagnose#{}")

    with loader.command_group("aks kv", custom_command_type=upkeep, is_preview=True) as group:
        group.custom_command("reencrypt", "reencrypt", table_transformer=_table("rewrite_table"))
        group.custom_command("rotate", "rotate", table_transformer=_table("change_table"))
        group.custom_command(
            "fix-privatelink",
            "fix_privatelink",
            custom_command_type=privatelink,
            table_transformer=_table("change_table"),
        )
        group.custom_command(
            "diagnose",
            "diagnose",
            custom_command_type=diagnosis,
            table_transformer=_table("diagnosis_table"),
            validator=_cluster_or_texts,
        )


def _cluster_or_texts(namespace: Any) -> None:
    from azext_akskv.cli.validators import options_of_diagnose

    options_of_diagnose(namespace)


def _what_goes_together(namespace: Any) -> None:
    from azext_akskv.cli.validators import options_of_enable

    options_of_enable(namespace)


def _checked(name: str) -> Callable[[Any], None]:
    def check(namespace: Any) -> None:
        from azext_akskv.cli import provider_validators

        getattr(provider_validators, name)(namespace)

    return check


def _table(name: str) -> Callable[[Any], Any]:
    def transform(result: Any) -> Any:
        from azext_akskv.report import tables

        return getattr(tables, name)(result)

    return transform
