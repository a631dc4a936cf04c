"""Pure checks: what a snapshot says about a cluster's KMS. Whoever imports one has the catalogue of all."""

from azext_akskv.checks import (
    access,
    cluster,
    encryption,
    governance,
    identity,
    key,
    network,
    private_link,
    private_way,
    rotation,
    run_command,
    secrets,
    upgrade,
    vault,
)

__all__ = [
    "access",
    "cluster",
    "encryption",
    "governance",
    "identity",
    "key",
    "network",
    "private_link",
    "private_way",
    "rotation",
    "run_command",
    "secrets",
    "upgrade",
    "vault",
]
