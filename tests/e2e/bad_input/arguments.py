"""Arguments that are malformed: refused while az parses, before any request."""

from __future__ import annotations

from tests.e2e.bad_input.case import BadInput, enable
from tests.e2e.commands import CLUSTER, ENABLE, REENCRYPT

GROUP = "/subscriptions/1f0e5a34-8c1b-4d27-9a56-3b7c2d9e8f10/resourceGroups/shop-rg/providers"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/shop-kv"
IDENTITY = f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/shop-id"
HOSTILE = "\x1b[31met\x07cd\u202e\r\nERROR: forged"


def malformed(brought: str, command: tuple[str, ...], expected: str, found: str, error: str) -> BadInput:
    return BadInput(brought, 2, command, error=error, expected=expected, found=found, remedy="")


CASES = (
    malformed(
        "a key identifier that is a secret's",
        enable("--key", "https://shop-kv.vault.emulator.test/secrets/etcd/1"),
        "expected https://<vault>.vault.azure.net/keys/<name>/<version>",
        "/secrets/etcd/1",
        "not a Key Vault key identifier",
    ),
    malformed(
        "a key identifier without TLS",
        enable("--key", "http://shop-kv.vault.emulator.test/keys/etcd"),
        "expected https://<vault>",
        "http://shop-kv",
        "not a Key Vault key identifier",
    ),
    malformed(
        "a key's name with an underscore",
        enable("--key", "et_cd"),
        "letters, digits and hyphens",
        "et_cd",
        "is not the name of a key",
    ),
    malformed(
        "a vault's name with an underscore",
        enable("--vault", "shop_kv"),
        "3 to 24 letters",
        "shop_kv",
        "is not the name of a key vault",
    ),
    malformed("an empty vault", enable("--vault", ""), "the value is empty", "unset", "the value is empty"),
    malformed(
        "half a resource id for the vault",
        enable("--vault", "/subscriptions/x/resourceGroups/y"),
        "expected /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.KeyVault/vaults/<name>",
        "/subscriptions/x/resourceGroups/y",
        "not an ARM resource id",
    ),
    malformed(
        "the resource id of an identity for the vault",
        enable("--vault", IDENTITY),
        "expected that of a key vault",
        "is the id of a Microsoft.ManagedIdentity/userAssignedIdentities",
        "is the id of a",
    ),
    malformed(
        "the resource id of a vault for the identity",
        enable("--identity", VAULT),
        "expected that of a user-assigned managed identity",
        "is the id of a Microsoft.KeyVault/vaults",
        "is the id of a",
    ),
    malformed(
        "an id with a line break in it",
        enable("--vault", f"{GROUP}/Microsoft.KeyVault/vaults/shop\nkv"),
        "expected /subscriptions/",
        "shop\\nkv",
        "not an ARM resource id",
    ),
    malformed(
        "an unknown network access",
        enable("--network-access", "Selected"),
        "Public",
        "Selected",
        "is not a valid value",
    ),
    malformed(
        "a key management that there is not",
        enable("--key-management", "ours"),
        "legacy",
        "ours",
        "is not a valid value",
    ),
    malformed(
        "a key for the encryption with the platform's",
        enable("--key-management", "platform-managed"),
        "Leave it out",
        "--vault, --key",
        "not with --key-management platform-managed",
    ),
    malformed(
        "a namespace that is a path",
        (*REENCRYPT, "--namespace", "../kube-system"),
        "lower-case letters",
        "../kube-system",
        "is not the name of a Kubernetes namespace",
    ),
    malformed(
        "no connection",
        (*REENCRYPT, "--concurrency", "0"),
        "from 1 to 128",
        "'0'",
        "is not a whole number from 1 to 128",
    ),
    malformed(
        "a rate that is no number",
        (*REENCRYPT, "--max-rate", "nan"),
        "such as 50 or 0.5",
        "nan",
        "is not a number of secrets a second",
    ),
    malformed(
        "a run that is a path",
        ("aks", "kv", "operation", "show", "--run", "../../etc/passwd"),
        "such as 20261123-144501-enable",
        "../../etc/passwd",
        "is not the id of a run",
    ),
    malformed(
        "a finding that does not exist",
        (*ENABLE, "--accept", "no-such-finding"),
        "those that may be overruled",
        "no-such-finding",
        "there is no finding",
    ),
    malformed(
        "a finding that nobody may overrule",
        (*ENABLE, "--accept", "key-unusable"),
        "cannot be overruled",
        "key-unusable",
        "cannot be overruled",
    ),
    malformed(
        "control characters in a key's name",
        enable("--key", HOSTILE),
        "letters, digits and hyphens",
        "\\x1b",
        "is not the name of a key",
    ),
    malformed(
        "a vault's name of 100,000 letters",
        enable("--vault", "x" * 100_000),
        "3 to 24 letters",
        "(100,000 characters)",
        "is not the name of a key vault",
    ),
    malformed(
        "no name of a cluster",
        ("aks", "kv", "kms", "disable", *CLUSTER[:2]),
        "--name",
        "required",
        "the following arguments are required",
    ),
)
