"""Handlers of `az aks kv kms`."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def enable(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    vault: Any = None,
    key: Any = None,
    network_access: str | None = None,
    identity: Any = None,
    create: bool = False,
    key_management: str = "legacy",
    prepare_only: bool = False,
    skip_reencrypt: bool = False,
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """KMS on: grants, the cluster's profile, every secret rewritten and proved."""
    from azext_akskv.cli.change import Given, carry
    from azext_akskv.flows.enable import ENABLE
    from azext_akskv.model.snapshot import Wanted

    given = Given(resource_group_name, name, accept, dry_run, yes)
    if key_management != "legacy":
        from azext_akskv.flows.migrate_encryption import MIGRATE_ENCRYPTION

        encrypted = Wanted(
            "migrate-encryption", vault, key, network_access, identity, create, management=key_management
        )
        return carry(cmd, MIGRATE_ENCRYPTION, encrypted, given)
    wanted = Wanted("enable", vault, key, network_access, identity, create, prepare_only, skip_reencrypt)
    return carry(cmd, ENABLE, wanted, given)


def disable(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """KMS off, every secret rewritten and proved, the key that must be kept named."""
    from azext_akskv.cli.change import Given, carry
    from azext_akskv.flows.disable import DISABLE
    from azext_akskv.model.snapshot import Wanted

    return carry(cmd, DISABLE, Wanted("disable"), Given(resource_group_name, name, accept, dry_run, yes))


def migrate_mode(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    to: str,
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """The attached vault's mode changed, in the right order for each direction."""
    from azext_akskv.cli.change import Given, carry
    from azext_akskv.flows.migrate_mode import MIGRATE_MODE
    from azext_akskv.model.snapshot import Wanted

    wanted = Wanted("migrate-mode", network_access=to)
    return carry(cmd, MIGRATE_MODE, wanted, Given(resource_group_name, name, accept, dry_run, yes))


def migrate_v2(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    kubernetes_version: str | None = None,
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """KMS off, the cluster upgraded to a version that has KMS v2, KMS on again."""
    from azext_akskv.cli.change import Given, carry
    from azext_akskv.flows.migrate_v2 import MIGRATE_V2
    from azext_akskv.model.snapshot import Wanted

    wanted = Wanted("migrate-v2", kubernetes_version=kubernetes_version)
    return carry(cmd, MIGRATE_V2, wanted, Given(resource_group_name, name, accept, dry_run, yes))


def migrate_encryption(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    to: str,
    key: Any = None,
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """To the new KMS data encryption."""
    from azext_akskv.cli.change import Given, carry
    from azext_akskv.flows.migrate_encryption import MIGRATE_ENCRYPTION
    from azext_akskv.model.snapshot import Wanted

    wanted = Wanted("migrate-encryption", key=key, management=to)
    return carry(cmd, MIGRATE_ENCRYPTION, wanted, Given(resource_group_name, name, accept, dry_run, yes))


def show(cmd: Any, resource_group_name: str, name: str, evidence: bool = False) -> Row:
    """The KMS state of one cluster. Nothing is changed."""
    from azext_akskv.cli.errors import leave_with, speaking_azure
    from azext_akskv.cli.reporter import reporter_for
    from azext_akskv.cli.wiring import connect
    from azext_akskv.flows.show import show as look
    from azext_akskv.model.snapshot import Wanted
    from azext_akskv.report.rows import exit_code_of, state_row

    reporter = reporter_for(cmd.cli_ctx, name)
    with speaking_azure():
        state = look(connect(cmd, resource_group_name, name, reporter), Wanted(flow="show", evidence=evidence))
    reporter.state(state)
    leave_with(cmd, exit_code_of(state))
    return state_row(state)


def list_clusters(cmd: Any, resource_group_name: str | None = None, all_subscriptions: bool = False) -> list[Row]:
    """The KMS state of many clusters, the worst first. Nothing is changed, and no API server is asked."""
    from azext_akskv.cli.errors import leave_with, speaking_azure
    from azext_akskv.cli.reporter import reporter_for
    from azext_akskv.cli.wiring import look_around
    from azext_akskv.flows.fleet import Scope, fleet
    from azext_akskv.report.rows import exit_code_of_fleet, fleet_rows

    reporter = reporter_for(cmd.cli_ctx, "clusters")
    with speaking_azure():
        around = look_around(cmd, reporter, all_subscriptions)
        found = fleet(Scope(around.subscriptions, resource_group_name or ""), around.ports, reporter, around.workers)
    reporter.fleet(found.states, found.gaps)
    leave_with(cmd, exit_code_of_fleet(found.states, found.gaps))
    return fleet_rows(found.states)
