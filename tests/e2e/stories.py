"""The commands whose requests fail one by one, and what must be true at their ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e import provided, reached
from tests.e2e.conftest import Ended, Station

CLUSTER = ("-g", "shop-rg", "-n", "shop", "--yes")
REFUSED_KEYS = {
    "site": "arm",
    "path": "/vaults/[^/]+/keys/",
    "status": 403,
    "body": {"error": {"code": "AuthorizationFailed", "message": "No right to Microsoft.KeyVault/vaults/keys/read."}},
}


@dataclass(frozen=True)
class Story:
    """A command and the world that it starts in. `standing`: what ARM refuses all the time. `updates`: how many updates
    of the cluster it takes. `whole`: all its requests are shown, else those that no story before it makes. `untrue`:
    what is not true at its end and had to be, where that is not KMS. `timed`: a pattern for the titles of
    what is asked as often as real time allows: only the very first of it is at the same place in every run.
    `left_out`: one for what is no row."""

    name: str
    world: str
    command: tuple[str, ...]
    standing: tuple[Mapping[str, Any], ...] = ()
    updates: int = 1
    whole: bool = False
    untrue: Callable[[Station, Ended], Iterator[str]] | None = None
    timed: str = "^$"
    left_out: str = "^$"

    @property
    def turns_on(self) -> bool:
        return "disable" not in self.command

    @property
    def line(self) -> tuple[str, ...]:
        return ("aks", "kv", *self.command, *CLUSTER, "-o", "json")


ENABLE = ("kms", "enable", "--vault", "shop-kv", "--key", "etcd")
CREATE = ("kms", "enable", "--vault", "new-kv", "--key", "new", "--create")
LOOKING: Any = {
    "updates": 0,
    "untrue": reached.untrue,
    "timed": r"^GET .*/(pods/\{\}|commandResults/\{\})$",
    "left_out": r"^GET /(api|api/v1|apis|apis/[^/]+/v1|openapi/.*)$",
}
"""The programs that look from the nodes take real time. What kubectl asks about the API server differs by version."""
REACH = ("fix-privatelink", "--vault", "shop-kv", "--via")
ENCRYPTION = ("kms", "migrate-encryption", "--to", "customer-managed")
PROVIDER = ("secrets-provider",)
READING = ("--vault", "shop-kv", "--secrets", "db-pass")
STORIES = (
    Story("enable", "public-rbac", ENABLE, whole=True),
    Story("disable", "kms-on", ("kms", "disable"), whole=True),
    Story("enable, private vault", "private-vnet", ENABLE),
    Story("enable, access policies", "public-policy", ENABLE),
    Story("enable, vault and key made", "public-rbac", CREATE),
    Story("enable, keys hidden by ARM", "public-rbac", ENABLE, (REFUSED_KEYS,)),
    Story("rotate", "kms-noted", ("rotate",)),
    Story("migrate-mode", "kms-noted-private", ("kms", "migrate-mode", "--to", "Public"), updates=2),
    Story("migrate-v2", "legacy-v1", ("kms", "migrate-v2"), updates=4),
    Story("migrate-encryption", "modern-legacy", ENCRYPTION),
    Story("fix-privatelink", "pl-nothing", (*REACH, "direct"), **LOOKING),
    Story("fix-privatelink, from inside", "pl-nothing", (*REACH, "run-command"), **LOOKING),
    Story(
        "secrets-provider enable",
        "sp-none",
        (*PROVIDER, "enable", "--rotation-interval", "5m"),
        untrue=provided.enabled,
    ),
    Story(
        "secrets-provider grant",
        "sp-forbidden-rbac",
        (*PROVIDER, "grant", *READING),
        updates=0,
        untrue=provided.granted,
    ),
    Story(
        "secrets-provider generate",
        "sp-ready",
        (*PROVIDER, "generate", *READING, "--apply"),
        updates=0,
        untrue=provided.generated,
    ),
)
