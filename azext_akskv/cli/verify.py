"""The handler of `secrets-provider verify`."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
DEFAULT_MINUTES = 5.0


def verify(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    namespace: str | None = None,
    class_name: str | None = None,
    timeout: float = DEFAULT_MINUTES,
    via: str = "auto",
) -> Row:
    """Whether pods have mounted what their classes name. Nothing is changed."""
    from azext_akskv.cli.errors import leave_with, speaking_azure
    from azext_akskv.cli.reporter import reporter_for
    from azext_akskv.cli.wiring import connect
    from azext_akskv.flows.verify import verify as watch
    from azext_akskv.model.snapshot import Wanted
    from azext_akskv.report.diagnosis import exit_code_of_findings
    from azext_akskv.report.verified import verified_row

    reporter = reporter_for(cmd.cli_ctx, name)
    namespaces = (namespace,) if namespace else ()
    wanted = Wanted(flow="show", namespaces=namespaces, class_name=class_name or "", via=via)
    with speaking_azure():
        world = connect(cmd, resource_group_name, name, reporter, via)
        found = watch(world, wanted, world.waits.minutes(timeout))
    reporter.verified(found)
    leave_with(cmd, exit_code_of_findings(found.findings))
    return verified_row(found)
