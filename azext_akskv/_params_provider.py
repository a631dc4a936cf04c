"""The arguments of `az aks kv secrets-provider`. Runs only for the command that was typed."""

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type, get_resource_name_completion_list

from azext_akskv.cli import provider_validators as shapes
from azext_akskv.cli import validators

GROUP = "aks kv secrets-provider"
CHANGING = (f"{GROUP} enable", f"{GROUP} grant", f"{GROUP} generate")
"""The commands that ask before they change something."""
WAYS = ("auto", "direct", "run-command")
VIA = (
    "How to reach the API server: direct, or run-command, from a pod of the cluster, as `az aks command invoke` does. "
    "auto goes direct, and through run-command where the API server cannot be reached."
)


def load_provider_arguments(loader: Any) -> None:
    """Called with the other arguments' loader."""
    vault_and_identity(loader, "grant")
    objects_by_name(loader, "grant")
    with loader.argument_context(f"{GROUP} enable") as context:
        context.argument(
            "rotation_interval",
            type=validators.interval,
            help="Turn the rotation on, and read again so often, such as 2m or 1h. Default: as it is; on an add-on "
            "that is new the rotation is off.",
        )
        context.argument("via", arg_type=get_enum_type(WAYS, default="auto"), help=VIA)
    _generate(loader)
    with loader.argument_context(f"{GROUP} show") as context:
        context.argument(
            "namespace",
            type=validators.namespace,
            help="Only pods and SecretProviderClasses of this namespace. Default: all namespaces.",
        )
        context.argument("via", arg_type=get_enum_type(WAYS, default="auto"), help=VIA)


def _generate(loader: Any) -> None:
    vault_and_identity(loader, "generate")
    objects_as_asked(loader, "generate")
    with loader.argument_context(f"{GROUP} generate") as context:
        context.argument(
            "class_name",
            type=validators.label,
            help="Name of the SecretProviderClass. Default: the vault's. What mounts it is named NAME-reader.",
        )
        context.argument(
            "workload",
            arg_type=get_enum_type(shapes.CHOICES, default=shapes.CHOICES[0]),
            help="What shall mount the class, and do nothing else: a pod, a deployment of one, or none.",
        )
        context.argument(
            "synced_secret",
            type=validators.label,
            help="Also have the driver make a Kubernetes Secret of this name, while a pod mounts the class, and use it "
            "in the environment. Of each certificate it makes one of the type kubernetes.io/tls.",
        )
        context.argument(
            "apply",
            action="store_true",
            help="Write what is missing to the cluster, after a look and a question. Default: print YAML, and ask "
            "nothing of the cluster.",
        )
        context.argument("via", arg_type=get_enum_type(WAYS, default="auto"), help=VIA)


def vault_and_identity(loader: Any, command: str) -> None:
    """Where pods shall read, and as whom: `--vault`, `--identity`, `--service-account`, `--namespace`."""
    with loader.argument_context(f"{GROUP} {command}") as context:
        context.argument(
            "vault",
            type=validators.vault,
            completer=get_resource_name_completion_list("Microsoft.KeyVault/vaults"),
            help="Name or resource id of the key vault.",
        )
        context.argument(
            "identity",
            type=validators.identity,
            completer=get_resource_name_completion_list("Microsoft.ManagedIdentity/userAssignedIdentities"),
            help="Name or resource id of the user-assigned managed identity as which pods shall read. Default: the one "
            "that AKS made for the add-on.",
        )
        context.argument(
            "service_account",
            type=validators.service_account,
            help="Only pods of this service account shall read, with workload identity: Entra is told to take its "
            "tokens for those of --identity.",
        )
        context.argument(
            "namespace",
            type=validators.namespace,
            help="Namespace of service account and pods. Default: default.",
        )


def objects_by_name(loader: Any, command: str) -> None:
    """`--secrets`, `--keys` and `--certificates`, by name alone."""
    _objects(loader, command, shapes.NAMES, "NAME", "The type alone counts for the rights: those named are looked for.")


def objects_as_asked(loader: Any, command: str) -> None:
    """The same, with version and file name."""
    _objects(
        loader,
        command,
        shapes.ASKED,
        "NAME[/VERSION][=FILE]",
        "Without a version it is the newest one, without a file's name the file is named like the object.",
    )


def _objects(loader: Any, command: str, shapes_of: Any, metavar: str, more: str) -> None:
    default = {"secrets": " Default, where no such option is given: all secrets."}
    with loader.argument_context(f"{GROUP} {command}", arg_group="Objects") as context:
        for option, shape in shapes_of.items():
            context.argument(
                option,
                nargs="*",
                action="extend",
                type=shape,
                metavar=metavar,
                help=f"{option.capitalize()} of the vault; may be given several times. Without names: all that are "
                f"enabled. {more}{default.get(option, '')}",
            )
