"""What is brought to `secrets-provider` and cannot be."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.secrets_provider import Federation
from emulator.worlds.shop_secrets import READS, VAULT
from emulator.worlds.spec import CALLER, SUBSCRIPTION, Grant
from emulator.worlds.vault_contents import VaultSecret
from tests.e2e.bad_input.case import BadInput
from tests.e2e.commands import CLUSTER, JSON

COMMAND = ("aks", "kv", "secrets-provider")
ENABLE = (*COMMAND, "enable", *CLUSTER, *JSON, "--yes")
GRANT = (*COMMAND, "grant", *CLUSTER, *JSON, "--yes", "--vault", "shop-kv")
ACCOUNT = ("--identity", "shop-id", "--service-account", "web")
WELL = "sp-good"
BINNED = replace(VAULT, secrets=(VaultSecret(), VaultSecret("old-pass", deleted=True)))
OWNER = (Grant(CALLER, "Owner", "subscription"), READS)
FULL = tuple(Federation("shop-id", f"system:serviceaccount:a:app-{number}", f"app-{number}") for number in range(20))


def malformed(brought: str, more: tuple[str, ...], error: str, expected: str, found: str) -> BadInput:
    command = (*ENABLE, *more) if "--rotation-interval" in more else (*GRANT, *more)
    return BadInput(brought, 2, command, error=error, expected=expected, found=found, remedy="", world=WELL)


CASES = (
    malformed(
        "an interval of the rotation without its unit",
        ("--rotation-interval", "90"),
        "is not a length of time",
        "such as 90s, 2m or 1h30m",
        "'90'",
    ),
    malformed(
        "an interval of the rotation of no length",
        ("--rotation-interval", "0s"),
        "is not a length of time",
        "between 1s and 720h",
        "'0s'",
    ),
    malformed(
        "an empty interval of the rotation",
        ("--rotation-interval", ""),
        "the value is empty",
        "is a variable of the shell unset?",
        "--rotation-interval",
    ),
    malformed(
        "a secret's name with an underscore",
        ("--secrets", "db_pass"),
        "does not begin with the name of a secret",
        "letters, digits and hyphens",
        "db_pass",
    ),
    malformed(
        "an empty name of a certificate",
        ("--certificates", ""),
        "the value is empty",
        "is a variable of the shell unset?",
        "--certificates",
    ),
    malformed(
        "the version of a key where a vault's right is given",
        ("--keys", "etcd/0123456789abcdef0123456789abcdef"),
        "the name alone, etcd, is taken here",
        "not for one version",
        "etcd/0123",
    ),
    malformed(
        "a file's name where rights are given",
        ("--secrets", "db-pass=../../etc/passwd"),
        "what follows the = is not a file's name",
        "letters, digits, dots, hyphens",
        "../../etc/passwd",
    ),
    malformed(
        "a service account with its namespace in one word",
        ("--identity", "shop-id", "--service-account", "shop/web"),
        "is not the name of a service account",
        "its namespace is told with --namespace",
        "shop/web",
    ),
    malformed(
        "a service account and no identity",
        ("--service-account", "web"),
        "--service-account needs --identity",
        "the user-assigned managed identity",
        "--service-account",
    ),
    malformed(
        "a namespace and no service account",
        ("--namespace", "shop"),
        "--namespace is that of a service account",
        "it goes with --service-account alone",
        "--namespace",
    ),
    malformed(
        "the resource id of a vault for the identity that shall read",
        (
            *("--identity", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop-rg"),
            "--service-account",
            "web",
        ),
        "not an ARM resource id",
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "/resourceGroups/shop-rg",
    ),
    BadInput(
        "a vault to read that is not there",
        3,
        (*GRANT, "--vault", "no-such-kv"),
        "read-vault-missing",
        expected="named with its resource id",
        found="there is no vault no-such-kv",
        remedy="az keyvault list",
        world=WELL,
    ),
    BadInput(
        "a vault to read of another tenant",
        4,
        GRANT,
        "read-vault-tenant",
        expected="rights in its own tenant alone",
        found="the vault shop-kv is in the tenant",
        remedy="az keyvault list",
        world="sp-tenant-mismatch",
    ),
    BadInput(
        "an identity to read as that is not there",
        3,
        (*GRANT, "--identity", "nobody"),
        "read-identity-missing",
        expected="named with its resource id",
        found="there is no identity nobody",
        remedy="az identity list",
        world=WELL,
    ),
    BadInput(
        "a secret to read that is not there",
        3,
        (*GRANT, "--secrets", "no-such-pass"),
        "asked-object-missing",
        expected="a mount of it fails with SecretNotFound",
        found="shop-kv has no secret no-such-pass",
        remedy="az keyvault secret list",
        world=WELL,
    ),
    BadInput(
        "a secret to read that was named as a certificate",
        3,
        (*GRANT, "--certificates", "db-pass"),
        "asked-object-missing",
        expected="it is asked for with --secrets",
        found="shop-kv has no certificate db-pass",
        remedy="az keyvault certificate list",
        world=WELL,
    ),
    BadInput(
        "a secret to read that is soft-deleted",
        3,
        (*GRANT, "--secrets", "old-pass"),
        "asked-object-missing",
        expected="recovered, it has all its versions again",
        found="the secret old-pass of shop-kv is soft-deleted",
        remedy="az keyvault secret recover",
        world=WELL,
        overrides={
            "vaults": (BINNED,),
            "grants": (*OWNER, Grant(CALLER, "Key Vault Secrets Officer", "vault/shop-kv")),
        },
    ),
    BadInput(
        "a secret to read that is disabled",
        4,
        (*GRANT, "--secrets", "db-pass"),
        "asked-object-disabled",
        expected="somebody disabled it",
        found="the secret db-pass of shop-kv is disabled",
        remedy="az keyvault secret set-attributes",
        world="sp-object-disabled",
    ),
    BadInput(
        "a secret to read in a vault that lists nothing to the caller",
        5,
        (*GRANT, "--certificates", "web-tls"),
        "asked-object-missing",
        state="unknown",
        expected="To list takes a right of your own",
        found="whether shop-kv has the certificate web-tls is not known",
        remedy="",
        world="sp-forbidden-policy",
    ),
    BadInput(
        "a right to read for an add-on that is off",
        4,
        GRANT,
        "addon-off",
        expected="its identity and its pods come with it",
        found="the add-on of the secrets provider is off",
        remedy="az aks kv secrets-provider enable",
        world="sp-none",
    ),
    BadInput(
        "a service account of a cluster without an OIDC issuer",
        4,
        (*GRANT, *ACCOUNT),
        "issuer-off",
        expected="restarts the API server",
        found="the cluster has no OIDC issuer",
        remedy="az aks update",
        world=WELL,
    ),
    BadInput(
        "a service account for an identity with 20 federated credentials",
        4,
        (*GRANT, *ACCOUNT),
        "federation-full",
        expected="another identity reads",
        found="shop-id has 20 federated credentials already",
        remedy="az identity federated-credential list",
        world="sp-fic-subject",
        overrides={"federations": FULL},
    ),
    BadInput(
        "an add-on beside a Helm chart",
        4,
        ENABLE,
        "provider-by-chart",
        expected="Take the other one away first",
        found="installed already, as Helm chart",
        remedy="helm list",
        world="sp-wi-token-missing",
    ),
)
