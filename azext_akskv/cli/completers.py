"""What the shell offers for our own arguments; names of Azure resources come from az's own completers."""

from __future__ import annotations

from typing import Any

from azure.cli.core.decorators import Completer


@Completer  # type: ignore[untyped-decorator]  # az carries no types
def finding_codes(_cmd: Any, _prefix: str, _namespace: Any, **_kwargs: Any) -> list[str]:
    """The findings that --accept may overrule."""
    from azext_akskv.checks.declare import CATALOGUE

    return sorted(code for code, check in CATALOGUE.items() if check.may_accept)


@Completer  # type: ignore[untyped-decorator]  # az carries no types
def runs(cmd: Any, _prefix: str, namespace: Any, **_kwargs: Any) -> list[str]:
    """The runs in this machine's journal, those of one cluster when it was named."""
    from azext_akskv.cli.operation import runs_of

    group, name = getattr(namespace, "resource_group_name", None), getattr(namespace, "name", None)
    return [run.run for run in runs_of(cmd, group, name)]
