"""The handlers of `az aks kv secrets-provider`, and what they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azext_akskv.model.mounts.asked import AskedObject
    from azext_akskv.model.vault_object import ObjectType

Row = dict[str, Any]
Asked = list["AskedObject"] | None
"""Of an option for objects: None where it was not given, empty where it was given without names."""


def what_to_read(secrets: Asked, keys: Asked, certificates: Asked) -> dict[str, Any]:
    """`objects` and `all_of` of Wanted. An option without names stands for everything of its type; none of them at all
    is as the one for secrets without names."""
    from azext_akskv.model.vault_object import ObjectType

    given = {ObjectType.SECRET: secrets, ObjectType.KEY: keys, ObjectType.CERT: certificates}
    if all(each is None for each in given.values()):
        given[ObjectType.SECRET] = []
    all_of: tuple[ObjectType, ...] = tuple(of for of, named in given.items() if named is not None and not named)
    objects = tuple(dict.fromkeys(each for named in given.values() for each in named or ()))
    return {"objects": objects, "all_of": all_of}


def enable(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    rotation_interval: str | None = None,
    via: str = "auto",
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """The add-on on, with its identity on the nodes of every scale set."""
    from azext_akskv.cli.change import Given, carried
    from azext_akskv.flows.secrets_provider import ENABLE_PROVIDER
    from azext_akskv.model.provision import ENABLE
    from azext_akskv.model.snapshot import Wanted
    from azext_akskv.report.provision import provision_row

    wanted = Wanted(ENABLE, rotation_interval=rotation_interval or "", via=via)
    return provision_row(carried(cmd, ENABLE_PROVIDER, wanted, Given(resource_group_name, name, accept, dry_run, yes)))


def grant(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    vault: Any,
    secrets: Asked = None,
    keys: Asked = None,
    certificates: Asked = None,
    identity: Any = None,
    service_account: str | None = None,
    namespace: str | None = None,
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row:
    """The least rights to read in a vault, for the add-on's identity, another one, or pods of a service account."""
    from azext_akskv.cli.change import Given, carried
    from azext_akskv.flows.secrets_provider import GRANT_READING
    from azext_akskv.model.provision import GRANT
    from azext_akskv.model.snapshot import Wanted
    from azext_akskv.report.provision import provision_row

    wanted = Wanted(
        GRANT,
        vault=vault,
        identity=identity,
        service_account=service_account or "",
        namespaces=(namespace,) if namespace else (),
        **what_to_read(secrets, keys, certificates),
    )
    return provision_row(carried(cmd, GRANT_READING, wanted, Given(resource_group_name, name, accept, dry_run, yes)))


def show(cmd: Any, resource_group_name: str, name: str, *, namespace: str | None = None, via: str = "auto") -> Row:
    """What there is of the secrets provider, and what is wrong with it. Nothing is changed."""
    from azext_akskv.cli.errors import leave_with, speaking_azure
    from azext_akskv.cli.reporter import reporter_for
    from azext_akskv.cli.wiring import connect
    from azext_akskv.flows.secrets_provider import show_provider
    from azext_akskv.model.snapshot import Wanted
    from azext_akskv.report.diagnosis import exit_code_of_findings
    from azext_akskv.report.provision import shown_row

    reporter = reporter_for(cmd.cli_ctx, name)
    wanted = Wanted(flow="show", namespaces=(namespace,) if namespace else (), via=via)
    with speaking_azure():
        found = show_provider(connect(cmd, resource_group_name, name, reporter, via), wanted)
    reporter.provided(found)
    leave_with(cmd, exit_code_of_findings(found.findings))
    return shown_row(found)


def generate(  # noqa: PLR0913  # az reads the options off the signature
    cmd: Any,
    resource_group_name: str,
    name: str,
    *,
    vault: Any,
    secrets: Asked = None,
    keys: Asked = None,
    certificates: Asked = None,
    identity: Any = None,
    service_account: str | None = None,
    namespace: str | None = None,
    class_name: str | None = None,
    workload: str = "pod",
    synced_secret: str | None = None,
    apply: bool = False,
    via: str = "auto",
    accept: list[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> Row | None:
    """YAML on stdout, or with `apply` a change of the cluster."""
    from azext_akskv.cli.change import Given
    from azext_akskv.cli.generate import applied, print_yaml, what_to_make

    wanted = what_to_make(
        what_to_read(secrets, keys, certificates),
        {"class_name": class_name, "workload": workload, "synced_secret": synced_secret, "via": via},
        {"vault": vault, "identity": identity, "service_account": service_account, "namespace": namespace},
    )
    given = Given(resource_group_name, name, accept, dry_run, yes)
    if apply:
        return applied(cmd, wanted, given)
    print_yaml(cmd, wanted, given)
    return None
