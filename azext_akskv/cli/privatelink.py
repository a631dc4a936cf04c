"""The handler of `fix-privatelink`."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azext_akskv.model.repair import Picture

Row = dict[str, Any]


def fix_privatelink(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    vault: Any = None,
    private_endpoint: Any = None,
    approve: bool = False,
    skip_peering: bool = False,
    skip_probe: bool = False,
    via: str = "auto",
    diagram: str | None = None,
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """What is missing between the nodes and the vault's private endpoint, made and proved from inside the cluster."""
    from azext_akskv.cli.change import Given, carried
    from azext_akskv.flows.fix_privatelink import FIX_PRIVATELINK
    from azext_akskv.model.snapshot import Wanted
    from azext_akskv.report.rows import link_row

    wanted = Wanted(
        "fix-privatelink",
        vault=vault,
        private_endpoint=private_endpoint,
        approve=approve,
        skip_peering=skip_peering,
        skip_probe=skip_probe,
        via=via,
    )
    result = carried(cmd, FIX_PRIVATELINK, wanted, Given(resource_group_name, name, accept, dry_run, yes))
    if diagram:
        write_diagram(Path(diagram), result.picture)
    return link_row(result)


def write_diagram(path: Path, picture: Picture | None) -> None:
    """As Mermaid, readable by its owner alone: it names networks and addresses. Raises FileOperationError."""
    from azure.cli.core.azclierror import FileOperationError

    from azext_akskv.report.diagram import mermaid

    if picture is None:  # nothing was looked at, and the findings say why
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(mermaid(picture))
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise FileOperationError(f"The diagram could not be written to {path}: {error.strerror}.") from error
