"""What checks of a reader speak about: of an identity that shall read in a vault, and of what it shall read."""

from __future__ import annotations

from azext_akskv.checks.declare import NotApplicable
from azext_akskv.checks.subjects import in_cluster, the_cluster, the_vault
from azext_akskv.model.access import Identity
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.provision import ENABLE, Provision
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType

COMMANDS = ("aks", "kv", "secrets-provider")
OPTIONS = {ObjectType.SECRET: "--secrets", ObjectType.KEY: "--keys", ObjectType.CERT: "--certificates"}
WORDS = {ObjectType.SECRET: "secret", ObjectType.KEY: "key", ObjectType.CERT: "certificate"}


def the_provision(snapshot: Snapshot) -> Provision:
    """Raises NotApplicable where there is no cluster, NotObserved."""
    the_cluster(snapshot)
    found = snapshot.provision.get()
    if found is None:
        raise NotApplicable("the cluster is not there")
    return found


def reads_a_vault(snapshot: Snapshot) -> None:
    """Raises NotApplicable for commands that have to do with no vault."""
    if snapshot.wanted.vault is None:
        raise NotApplicable("this command reads in no vault")


def the_vault_to_read(snapshot: Snapshot) -> Vault:
    """Raises NotApplicable."""
    reads_a_vault(snapshot)
    return the_vault(snapshot)


def the_reader(found: Provision) -> Identity:
    """Raises NotApplicable where it is not there, or not known, which checks of their own tell."""
    if found.identity.value is None:
        raise NotApplicable(f"the identity {'is not there' if found.identity.known else 'could not be looked at'}")
    return found.identity.value


def on_nodes(snapshot: Snapshot) -> Provision:
    """Raises NotApplicable where pods read as their service account, and the nodes' identities do not matter."""
    if snapshot.wanted.service_account:
        raise NotApplicable("pods read as their service account, not as the nodes")
    return the_provision(snapshot)


def as_account(snapshot: Snapshot) -> Provision:
    """Raises NotApplicable where no service account was named."""
    if not snapshot.wanted.service_account:
        raise NotApplicable("no service account was named")
    return the_provision(snapshot)


def gives_to_nodes(snapshot: Snapshot) -> bool:
    """Whether the command puts the identity on the nodes: the add-on's own, or the one that was named."""
    wanted = snapshot.wanted
    return wanted.flow == ENABLE or (wanted.identity is not None and not wanted.service_account)


def place_of(identity: ResourceId) -> tuple[str, ...]:
    return ("--subscription", identity.subscription, "--resource-group", identity.group)


def again(snapshot: Snapshot, verb: str) -> str:
    """Another command of the group with the same vault, objects and identity."""
    wanted = snapshot.wanted
    vault: list[object] = ["--vault", wanted.vault] if wanted.vault is not None else []
    return in_cluster(snapshot, *COMMANDS, verb, *vault, *_objects(wanted), *_who(wanted))


def _objects(wanted: Wanted) -> list[object]:
    words: list[object] = []
    for of, option in OPTIONS.items():
        named = [_name(each) for each in wanted.objects if _is_read_as(of, each.type, wanted)]
        whole = any(_is_read_as(of, each, wanted) for each in wanted.all_of)
        words += [option, *([] if whole else dict.fromkeys(named))] if named or whole else []
    return words


def _is_read_as(of: ObjectType, asked: ObjectType, wanted: Wanted) -> bool:
    """A certificate that shall become a Secret is read as a secret, too."""
    return asked is of or (bool(wanted.synced_secret) and (of, asked) == (ObjectType.SECRET, ObjectType.CERT))


def _name(asked: AskedObject) -> str:
    return asked.name


def _who(wanted: Wanted) -> list[object]:
    words: list[object] = ["--identity", wanted.identity] if wanted.identity is not None else []
    words += ["--service-account", wanted.service_account] if wanted.service_account else []
    return words + (["--namespace", wanted.namespaces[0]] if wanted.service_account and wanted.namespaces else [])
