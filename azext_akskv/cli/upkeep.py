"""Handlers of the commands that keep a protected cluster as it should be."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def reencrypt(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    namespace: list[str] | None = None,
    concurrency: int | None = None,
    max_rate: float | None = None,
    prove_only: bool = False,
    via: str = "auto",
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """Every secret rewritten under the present key, with proof."""
    from azext_akskv.cli.change import Given, carry
    from azext_akskv.flows.reencrypt import REENCRYPT
    from azext_akskv.model.snapshot import Wanted

    wanted = Wanted(
        "reencrypt",
        namespaces=tuple(sorted(set(namespace or ()))),
        concurrency=concurrency,
        max_rate=max_rate,
        prove_only=prove_only,
        via=via,
    )
    return carry(cmd, REENCRYPT, wanted, Given(resource_group_name, name, accept, dry_run, yes or prove_only))


def rotate(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    key: Any = None,
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """Another key in, every secret rewritten under it and proved, which older ones may go now."""
    from azext_akskv.cli.change import Given, carry
    from azext_akskv.flows.rotate import ROTATE
    from azext_akskv.model.snapshot import Wanted

    return carry(cmd, ROTATE, Wanted("rotate", key=key), Given(resource_group_name, name, accept, dry_run, yes))
