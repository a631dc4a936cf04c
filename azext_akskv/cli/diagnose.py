"""The handler of `diagnose`."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def diagnose(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str | None = None,
    name: str | None = None,
    *,
    logs: list[str] | None = None,
    category: list[str] | None = None,
    namespace: str | None = None,
    since: int = 3600,
    via: str = "auto",
) -> Row:
    """What is wrong with a cluster, or what texts tell of. Nothing is changed."""
    if logs:
        return _of_texts(cmd, logs, resource_group_name or "", name or "")
    from azext_akskv.cli.errors import leave_with, speaking_azure
    from azext_akskv.cli.reporter import reporter_for
    from azext_akskv.cli.wiring import connect
    from azext_akskv.flows.diagnose import AREAS
    from azext_akskv.flows.diagnose import diagnose as look
    from azext_akskv.model.snapshot import Wanted
    from azext_akskv.report.diagnosis import diagnosed_row, exit_code_of_findings

    assert resource_group_name and name, "the validator asks for both where no texts are given"
    reporter = reporter_for(cmd.cli_ctx, name)
    wanted = Wanted(flow="show", namespaces=(namespace,) if namespace else (), since=since, via=via)
    areas = tuple(area for area in AREAS if area in category) if category else AREAS
    with speaking_azure():
        found = look(connect(cmd, resource_group_name, name, reporter, via), wanted, areas)
    reporter.diagnosed(found)
    leave_with(cmd, exit_code_of_findings(found.all))
    return diagnosed_row(found)


def _of_texts(cmd: Any, logs: list[str], group: str, name: str) -> Row:
    """The causes that texts tell of. Azure is asked nothing; a cluster that is named only fills in the commands."""
    from azext_akskv.cli.errors import leave_with, speaking_azure
    from azext_akskv.cli.reporter import reporter_for
    from azext_akskv.cli.texts import read_files
    from azext_akskv.model.provider.findings import findings_of
    from azext_akskv.model.provider.remedy import Place
    from azext_akskv.report.provider import exit_code_of_reading, reading_row

    place = Place(group, name)
    with speaking_azure():
        reading = read_files(logs)
    findings = findings_of(reading, place)
    reporter_for(cmd.cli_ctx, name).reading(reading, findings)
    leave_with(cmd, exit_code_of_reading(findings))
    return reading_row(reading, place)
