"""What is brought to `secrets-provider verify`, and clusters in which there is nothing to verify."""

from __future__ import annotations

from tests.e2e.bad_input.arguments import HOSTILE, malformed
from tests.e2e.bad_input.case import BadInput
from tests.e2e.commands import CLUSTER, JSON

VERIFY = ("aks", "kv", "secrets-provider", "verify", *CLUSTER, *JSON)


def verify(*options: str) -> tuple[str, ...]:
    return (*VERIFY, *options)


def nothing(brought: str, world: str, *options: str, found: str) -> BadInput:
    """The command that is offered has a place for the vault, which is the user's to fill in."""
    command, code = (*VERIFY, *options), "class-absent"
    return BadInput(brought, 4, command, code, expected="for Azure", found=found, remedy="", world=world)


CASES = (
    malformed(
        "a class to verify with capitals in its name",
        verify("--class-name", "Shop_KV"),
        "lower-case letters, digits, hyphens and dots",
        "Shop_KV",
        "is not the name of a SecretProviderClass",
    ),
    malformed(
        "a class to verify with control characters in its name",
        verify("--class-name", HOSTILE),
        "lower-case letters",
        "\\x1b",
        "is not the name of a SecretProviderClass",
    ),
    malformed(
        "a class to verify with an empty name",
        verify("--class-name", ""),
        "is a variable of the shell unset?",
        "empty",
        "the value is empty",
    ),
    malformed(
        "a namespace with a slash, to look for mounts in",
        verify("--namespace", "shop/web"),
        "lower-case letters, digits, hyphens",
        "shop/web",
        "is not the name of a Kubernetes namespace",
    ),
    malformed(
        "a timeout with a unit",
        verify("--timeout", "5m"),
        "such as 5 or 0.5",
        "'5m'",
        "is not a number of minutes",
    ),
    malformed(
        "a timeout of minus one",
        verify("--timeout=-1"),
        "from 0 (look once) to 1440",
        "'-1'",
        "is not a number of minutes",
    ),
    malformed(
        "a timeout of a week",
        verify("--timeout", "10080"),
        "from 0 (look once) to 1440",
        "'10080'",
        "is not a number of minutes",
    ),
    nothing("mounts to verify where there are none", "sp-none", found="no pod that mounts one"),
    nothing("a class to verify that is not there", "sp-good", "--class-name", "shop-vault", found="shop-vault"),
    nothing("a namespace to verify that is not there", "sp-good", "--namespace", "shop", found="the namespace shop"),
)
