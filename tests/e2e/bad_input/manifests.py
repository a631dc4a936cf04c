"""What `generate` is brought that it cannot make, or may not write."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds import catalogue
from emulator.worlds.cluster_access import CLUSTER_USER, Binding, Rule
from tests.e2e.bad_input.case import BadInput
from tests.e2e.commands import CLUSTER, JSON

GENERATE = ("aks", "kv", "secrets-provider", "generate", *CLUSTER, "--vault", "shop-kv", *JSON)
APPLY = (*GENERATE, "--apply", "--yes")
READY = "sp-ready"
ONE = catalogue.load(READY).clusters[0]
LOOKING = (Rule(("get", "list"), ("*",), ("*",)),)


def malformed(brought: str, more: tuple[str, ...], expected: str, found: str, error: str) -> BadInput:
    return BadInput(brought, 2, (*GENERATE, *more), error=error, expected=expected, found=found, remedy="", world=READY)


CASES = (
    malformed(
        "a class's name with capitals",
        ("--class-name", "Shop"),
        "up to 63 lower-case letters",
        "'Shop'",
        "is not a name of Kubernetes",
    ),
    malformed(
        "a Secret's name with a slash",
        ("--synced-secret", "default/shop"),
        "letters, digits and hyphens",
        "default/shop",
        "is not a name of Kubernetes",
    ),
    malformed(
        "a file's name that leads out of the mount",
        ("--secrets", "db-pass=../etc"),
        "letters, digits, dots",
        "../etc",
        "is not a file's name",
    ),
    malformed(
        "a version that is none",
        ("--secrets", "db-pass/new est"),
        "is not the version of a secret",
        "new est",
        "is not the version",
    ),
    malformed(
        "a kind of workload that is not made",
        ("--workload", "daemonset"),
        "Allowed values: pod, deployment, none",
        "daemonset",
        "is not a valid value",
    ),
    malformed(
        "a service account without an identity to read as",
        ("--service-account", "shop"),
        "the user-assigned managed identity as which its pods shall read",
        "--service-account needs --identity",
        "needs --identity",
    ),
    malformed(
        "a dry run of something that is printed",
        ("--dry-run",),
        "without it the YAML is printed",
        "--dry-run goes with --apply",
        "goes with --apply",
    ),
    BadInput(
        "a namespace that is not there, to write to",
        4,
        (*APPLY, "--namespace", "nowhere"),
        "namespace-missing",
        expected="whoever runs the cluster makes them",
        found="there is no namespace nowhere in shop",
        remedy="kubectl create namespace",
        world=READY,
    ),
    BadInput(
        "two objects that would be one file",
        4,
        (*APPLY, "--secrets", "db-pass=f", "api-token=f"),
        "file-twice",
        expected="give one of them another name for its file",
        found="secret db-pass and secret api-token would be the same file f",
        remedy="",
        world=READY,
    ),
    BadInput(
        "a vault with nothing of the type that was asked for",
        4,
        (*APPLY, "--certificates"),
        "nothing-to-mount",
        expected="a class without objects mounts nothing",
        found="shop-kv has no enabled certificates",
        remedy="az keyvault certificate list",
        world="sp-good",
    ),
    BadInput(
        "a SecretProviderClass of that name that does something else",
        4,
        (*APPLY, "--secrets", "db-pass=other", "--workload", "none"),
        "manifest-differs",
        expected="--accept manifest-differs changes these fields and leaves the rest as it is",
        found="the SecretProviderClass default/shop-kv is there and differs",
        remedy="kubectl get secretproviderclasses",
        world="sp-good",
    ),
    BadInput(
        "a user who may look at a cluster and write nothing",
        4,
        APPLY,
        "manifest-rights",
        expected="the API server would refuse to write it",
        found="you may not create secretproviderclasses",
        remedy="kubectl auth can-i create",
        world=READY,
        overrides={"clusters": (replace(ONE, bindings=(Binding(CLUSTER_USER, LOOKING),)),)},
    ),
)
