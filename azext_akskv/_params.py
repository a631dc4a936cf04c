"""The arguments of `az aks kv`. Runs only for the command that was typed."""

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import (
    get_enum_type,
    get_resource_name_completion_list,
    name_type,
    resource_group_name_type,
)

from azext_akskv import _params_provider as provider
from azext_akskv.cli import completers, validators

AREAS = (
    *("cluster", "identity", "key", "access", "network", "secrets", "governance"),
    *("privatelink", "provider"),
)
"""The categories of findings; tests/unit/cli pins that they are those of the checks."""
CHANGING = (
    "aks kv fix-privatelink",
    "aks kv kms enable",
    "aks kv kms disable",
    "aks kv kms migrate-encryption",
    "aks kv kms migrate-mode",
    "aks kv kms migrate-v2",
    "aks kv reencrypt",
    "aks kv rotate",
    *provider.CHANGING,
)


def load_arguments(loader: Any, _command: str) -> None:
    """No argument has an id_part: --ids would run changes of several clusters at the same time. [CLI]"""
    _the_cluster(loader)
    _consent(loader)
    _what_to_enable_with(loader)
    _how_to_enable(loader)
    _reencrypt(loader)
    _rotate(loader)
    _migrate(loader)
    _fix_privatelink(loader)
    _operation(loader)
    _diagnose(loader)
    provider.load_provider_arguments(loader)
    with loader.argument_context("aks kv kms show") as context:
        context.argument(
            "evidence",
            action="store_true",
            help="Also ask the API server's metrics which keys it encrypts with (KMS v2; needs the right to read "
            "/metrics).",
        )


def _the_cluster(loader: Any) -> None:
    with loader.argument_context("aks kv") as context:
        context.argument(
            "name",
            name_type,
            id_part=None,
            completer=get_resource_name_completion_list("Microsoft.ContainerService/managedClusters"),
            help="Name of the managed cluster.",
        )


def _consent(loader: Any) -> None:
    for command in CHANGING:
        with loader.argument_context(command, arg_group="Consent") as context:
            context.argument(
                "dry_run",
                action="store_true",
                help="Look, check and print the plan; change nothing.",
            )
            context.argument(
                "accept",
                nargs="+",
                action="extend",
                type=validators.finding_code,
                completer=completers.finding_codes,
                metavar="CODE",
                help="Codes of findings to go on in spite of. Not every finding can be overruled; each says so. "
                "What was accepted stands in the journal.",
            )
    for command in (*CHANGING, "aks kv operation abandon"):
        with loader.argument_context(command, arg_group="Consent") as context:
            context.argument("yes", options_list=["--yes", "-y"], action="store_true", help="Do not ask.")


def _what_to_enable_with(loader: Any) -> None:
    with loader.argument_context("aks kv kms enable") as context:
        context.argument(
            "vault",
            type=validators.vault,
            completer=get_resource_name_completion_list("Microsoft.KeyVault/vaults"),
            help="Name or resource id of the key vault. Not needed when --key is a key identifier.",
        )
        context.argument(
            "key",
            type=validators.key,
            help="Name of the key, of which the newest enabled version is taken, or a key identifier "
            "(`https://<vault>.vault.azure.net/keys/<name>/<version>`).",
        )
        context.argument(
            "network_access",
            arg_type=get_enum_type(["Public", "Private"]),
            help="How the API servers reach the vault. Default: what the vault's firewall says.",
        )
        context.argument(
            "identity",
            type=validators.identity,
            completer=get_resource_name_completion_list("Microsoft.ManagedIdentity/userAssignedIdentities"),
            help="Name or resource id of a user-assigned managed identity for the cluster's control plane. Needed "
            "only when the cluster has none yet.",
        )


def _how_to_enable(loader: Any) -> None:
    with loader.argument_context("aks kv kms enable") as context:
        context.argument("create", action="store_true", help="Make the vault, the key and the identity if missing.")
        context.argument(
            "key_management",
            arg_type=get_enum_type(["legacy", "customer-managed", "platform-managed"], default="legacy"),
            help="Which KMS. `legacy` is the only one that can be turned off again. The two others are the KMS data "
            "encryption of Kubernetes 1.33 and later (a preview of AKS), from which there is no way back: with the "
            "newest version of your key, or with a key that AKS keeps.",
        )
        context.argument(
            "prepare_only",
            action="store_true",
            help="Vault, key, identity and grants only; then print the `az aks create` line for a new cluster. "
            "An existing cluster is not changed.",
        )
        context.argument(
            "skip_reencrypt",
            action="store_true",
            help="Leave the secrets that are there as they are: they stay unencrypted until `az aks kv reencrypt`.",
        )


def _reencrypt(loader: Any) -> None:
    with loader.argument_context("aks kv reencrypt") as context:
        context.argument(
            "namespace",
            nargs="+",
            action="extend",
            type=validators.namespace,
            help="Only the secrets of these namespaces; may be given several times. A part proves nothing about the "
            "whole: `proved` is false then.",
        )
        context.argument(
            "concurrency",
            type=validators.connections,
            help="Connections at most, 1 to 128. Default: 128. There are more while the API server answers quickly, "
            "and fewer when it answers slowly or says that it is too much.",
        )
        context.argument(
            "max_rate",
            type=validators.rate,
            help="Secrets a second at most; 0 takes the limit away. Default: 200, with KMS v1 less, by the key's size.",
        )
        context.argument(
            "prove_only",
            action="store_true",
            help="Ask nothing and prove. A secret that is stale is rewritten, because only a write can tell.",
        )
        context.argument("via", arg_type=get_enum_type(provider.WAYS, default="auto"), help=provider.VIA)


def _fix_privatelink(loader: Any) -> None:
    with loader.argument_context("aks kv fix-privatelink") as context:
        context.argument(
            "vault",
            type=validators.vault,
            completer=get_resource_name_completion_list("Microsoft.KeyVault/vaults"),
            help="Name or resource id of the key vault. Default: the one that the cluster's KMS uses.",
        )
        context.argument(
            "private_endpoint",
            type=validators.private_endpoint,
            help="Name or resource id of the private endpoint that the nodes shall use, when the vault has several.",
        )
        context.argument("approve", action="store_true", help="Approve the private endpoint if it waits for that.")
        context.argument("skip_peering", action="store_true", help="Leave the peerings as they are.")
        context.argument("skip_probe", action="store_true", help="Look at nothing, and prove nothing, from the nodes.")
        context.argument(
            "via",
            arg_type=get_enum_type(["auto", "direct", "run-command"], default="auto"),
            help="How to start the pods that look: by the API server directly, or through run-command, as `az aks "
            "command invoke` does. auto goes direct, and through run-command where the API server cannot be reached.",
        )
        context.argument(
            "diagram",
            type=validators.file_to_write,
            help="A file to write what there is, what is missing and what was made to, as a Mermaid flowchart.",
        )


def _rotate(loader: Any) -> None:
    with loader.argument_context("aks kv kms list") as context:
        context.argument(
            "resource_group_name",
            resource_group_name_type,
            required=False,
            help="Only the clusters of this resource group. Default: all that you may see.",
        )
        context.argument(
            "all_subscriptions",
            action="store_true",
            help="The clusters of every enabled subscription of the tenant, not only of the present one.",
        )
    with loader.argument_context("aks kv rotate") as context:
        context.argument(
            "key",
            type=validators.key,
            help="Name of a key of the same vault, of which the newest enabled version is taken, or a key identifier, "
            "also of another vault. Default: the newest enabled version of the key in use if that is newer than the "
            "one in use, else a new version with the same attributes.",
        )


def _migrate(loader: Any) -> None:
    with loader.argument_context("aks kv kms migrate-mode") as context:
        context.argument(
            "to",
            arg_type=get_enum_type(["Public", "Private"]),
            help="How the API servers shall reach the vault from now on.",
        )
    with loader.argument_context("aks kv kms migrate-encryption") as context:
        context.argument(
            "to",
            arg_type=get_enum_type(["platform-managed", "customer-managed"]),
            help="Whose key protects the secrets from now on.",
        )
        context.argument(
            "key",
            type=validators.key,
            help="With customer-managed: name of a key of the vault in use, or a key identifier without a version. "
            "Default: the key in use.",
        )
    with loader.argument_context("aks kv kms migrate-v2") as context:
        context.argument(
            "kubernetes_version",
            options_list=["--kubernetes-version", "-k"],
            type=validators.kubernetes_version,
            help="Version to upgrade to, such as 1.28 (its newest patch) or 1.28.12. Default: the lowest one that the "
            "region offers from 1.27 on.",
        )


def _diagnose(loader: Any) -> None:
    with loader.argument_context("aks kv diagnose") as context:
        context.argument(
            "logs",
            nargs="+",
            action="extend",
            type=validators.file_to_read,
            metavar="FILE",
            help="Files with logs of the provider or the driver, events, or what `kubectl describe pod` prints; - is "
            "standard input. They are read where they are, and nothing else is looked at.",
        )
        context.argument(
            "resource_group_name",
            resource_group_name_type,
            required=False,
            help="Resource group of the managed cluster. With --logs only to fill in the commands.",
        )
        context.argument("name", name_type, id_part=None, required=False, help="Name of the managed cluster.")
    _what_to_diagnose(loader)


def _what_to_diagnose(loader: Any) -> None:
    with loader.argument_context("aks kv diagnose") as context:
        context.argument(
            "category",
            nargs="+",
            action="extend",
            arg_type=get_enum_type(AREAS),
            help="Look at these only; may be given several times. Default: all.",
        )
        context.argument(
            "namespace",
            type=validators.namespace,
            help="Only pods and SecretProviderClasses of this namespace. Default: all namespaces.",
        )
        context.argument(
            "since",
            type=validators.age,
            help="How old the log lines may be that are read, such as 30m or 2h. Default: 1h.",
        )
        context.argument("via", arg_type=get_enum_type(provider.WAYS, default="auto"), help=provider.VIA)


def _operation(loader: Any) -> None:
    with loader.argument_context("aks kv operation") as context:
        context.argument("run", type=validators.run_id, completer=completers.runs, help="Id of the run.")
