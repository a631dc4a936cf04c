"""The two ends of `generate`: YAML for others to apply, or written to the cluster."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from azext_akskv.cli.change import Given, carried
from azext_akskv.cli.errors import leave_with, speaking_azure
from azext_akskv.cli.reporter import reporter_for
from azext_akskv.cli.wiring import connect
from azext_akskv.engine.result import exit_code_of
from azext_akskv.flows.generate import APPLY, generate
from azext_akskv.model.provision import GENERATE
from azext_akskv.model.snapshot import Wanted
from azext_akskv.report.manifests import manifest_rows, manifests_yaml
from azext_akskv.report.rows import Row, change_row


def what_to_make(read: Mapping[str, Any], named: Mapping[str, Any], whom: Mapping[str, Any]) -> Wanted:
    """Of the options as they were given."""
    texts: dict[str, Any] = {name: told or "" for name, told in named.items()}
    return Wanted(
        GENERATE,
        vault=whom["vault"],
        identity=whom["identity"],
        service_account=whom["service_account"] or "",
        namespaces=(whom["namespace"],) if whom["namespace"] else (),
        **texts,
        **read,
    )


def print_yaml(cmd: Any, wanted: Wanted, given: Given) -> None:
    """Nothing is printed on stdout where something is in the way: half a file would be applied all the same."""
    reporter = reporter_for(cmd.cli_ctx, given.cluster)
    with speaking_azure():
        world = connect(cmd, given.group, given.cluster, reporter, "direct")
        found = generate(world, wanted, given.accept or ())
    reporter.generated(found.findings, blocked=found.setup is None or found.blocked)
    if found.setup is not None and not found.blocked:
        sys.stdout.write(manifests_yaml(found.setup, found.manifests, world.command))
        sys.stdout.flush()
    leave_with(cmd, exit_code_of(found.findings))


def applied(cmd: Any, wanted: Wanted, given: Given) -> Row:
    """A change like others."""
    result = carried(cmd, APPLY, wanted, given)
    row = change_row(result)
    del row["secrets"]
    return row | {"manifests": manifest_rows(result.manifests, {step.code: step.state for step in result.steps})}
