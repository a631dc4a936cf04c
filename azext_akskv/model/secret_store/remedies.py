"""What to do about each meaning of a status, as commands to paste. Every one names the namespace: two of the documents'
own delete a Secret without it, which takes the one of the same name in whatever namespace is the present one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from azext_akskv.model.provider.remedy import Place, filled
from azext_akskv.model.secret_store.extension import NAMESPACE
from azext_akskv.model.secret_store.statuses import Meaning

POD_LABEL = "app=secrets-store-sync-controller"
DEPLOYMENT = "secrets-store-sync-controller-manager"
OPEN_NAMESPACE = "secrets-store-sync-controller-system"
"""Where the open controller is installed by itself; the documents name both. [SRC, D]"""
MANAGER, PROVIDER = "manager", "provider-azure-installer"

_DESCRIBE = "kubectl describe secretsync {name} -n {namespace}"
_PODS = "kubectl get pods -A -l " + POD_LABEL
_LOG = f"kubectl logs deployment/{DEPLOYMENT} -n {{controller_namespace}} --since=2h --container="
_PROVIDER_LOG, _MANAGER_LOG = _LOG + PROVIDER, _LOG + MANAGER
_EVENTS = "kubectl get events -n {namespace} --field-selector involvedObject.name={name}"
_SHOW_SECRET = "kubectl get secret {name} -n {namespace} --show-labels"
_OWNERS = "kubectl get secret {name} -n {namespace} -o jsonpath={{.metadata.ownerReferences}}"
_MARKS = """kubectl get secret {name} -n {namespace} \
-o 'go-template={{{{range $name, $_ := .metadata.annotations}}}}{{{{$name}}}} {{{{end}}}}'"""
"""Only the names: `kubectl apply` leaves all that a Secret holds in the text of an annotation."""
_CLASS = "kubectl get secretproviderclass {spc} -n {namespace} -o yaml"
_MESSAGE = "kubectl get secretsync {name} -n {namespace} -o jsonpath={{.status.conditions[*].message}}"

_DELETE_SECRET = "kubectl delete secret {name} -n {namespace}"
_DELETE_SYNC = "kubectl delete secretsync {name} -n {namespace}"
_DELETE_CLASS = "kubectl delete secretproviderclass {spc} -n {namespace}"
_APPLY = "kubectl apply -n {namespace} -f {file}"
_FORCE = (
    """kubectl patch secretsync {name} -n {namespace} --type merge -p '{{"spec":{{"forceSynchronization":"{now}"}}}}'"""
)

_GONE = "Pods that start before the copy is made anew do not find the Secret: delete only while the vault is reached."


@dataclass(frozen=True)
class Todo:
    """`see` changes nothing; `fix` is the mildest way; `anew` is the document's way where that is to delete and apply
    again: with a SecretSync goes its Secret. Templates of command lines."""

    words: str = ""
    see: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()

    @property
    def caution(self) -> str:
        """What to mind before anything is deleted; empty where nothing is."""
        return _GONE if any(" delete " in each for each in (*self.fix, *self.anew)) else ""


@dataclass(frozen=True)
class Where:
    """Which SecretSync it is about; `class_name` is that of its SecretProviderClass. What is empty stays a
    <PLACEHOLDER> in the commands."""

    namespace: str
    name: str
    class_name: str = ""
    controller_namespace: str = NAMESPACE
    akv_sync: str = ""
    """The AKVSync that it belongs to: then only that may be changed. [D]"""


TODO: Mapping[Meaning, Todo] = {
    Meaning.CREATED: Todo(),
    Meaning.UP_TO_DATE: Todo(),
    Meaning.UPDATED: Todo(),
    Meaning.PARTIAL: Todo(
        "See which entries failed and why; correct them in the SecretProviderClass, the vault or the SecretSync.",
        (_MESSAGE, _PROVIDER_LOG),
        (_FORCE,),
    ),
    Meaning.PROVIDER: Todo(
        "Read the provider's log; `az aks kv diagnose --logs -` tells its causes. Right after the first installation "
        "it may only take some minutes until a federated credential is known everywhere.",
        (_DESCRIBE, _PODS, _PROVIDER_LOG),
        (_FORCE,),
    ),
    Meaning.LABEL: Todo(
        "Make sure that nobody else needs that Secret, delete it, and let the extension make it.",
        (_SHOW_SECRET, _OWNERS),
        (_DELETE_SECRET, _FORCE),
        (_DELETE_SECRET, _DELETE_SYNC, _APPLY),
    ),
    Meaning.ANNOTATION: Todo(
        "Make sure that nobody else needs that Secret, delete it, and let the extension make it.",
        (_SHOW_SECRET, _MARKS),
        (_DELETE_SECRET, _FORCE),
        (_DELETE_SECRET, _DELETE_SYNC, _APPLY),
    ),
    Meaning.INPUT: Todo(
        "Correct the SecretSync and apply it. A Secret's type cannot be changed: it has to be made anew.",
        (_DESCRIBE,),
        (_APPLY,),
        (_DELETE_SYNC, _APPLY),
    ),
    Meaning.CLASS: Todo(
        "Correct the SecretProviderClass, which has to be in the same namespace, and apply it.",
        (_CLASS, _DESCRIBE),
        (_APPLY, _FORCE),
        (_DELETE_SYNC, _DELETE_CLASS, _APPLY),
    ),
    Meaning.INTERNAL: Todo(
        "Read the controller's log; what its role in the cluster may and its webhook are the first things to look at.",
        (_PODS, _MANAGER_LOG, _EVENTS),
    ),
    Meaning.POLICY: Todo(
        "See whether the Secret's type, its label or its owners were changed, and put them back.",
        (_SHOW_SECRET, _OWNERS, _MANAGER_LOG),
        (_DELETE_SECRET, _FORCE),
    ),
    Meaning.PATCH: Todo(
        "Find out who else writes to the Secret; then have it made anew.",
        ("kubectl get secret {name} -n {namespace} -o jsonpath={{.metadata.managedFields[*].manager}}", _MANAGER_LOG),
        (_FORCE,),
        (_DELETE_SECRET, _DELETE_SYNC, _APPLY),
    ),
    Meaning.PENDING: Todo(
        "Wait; should it last longer than the interval and the jitter together, read the controller's log.",
        (_DESCRIBE, _MANAGER_LOG),
    ),
    Meaning.UNKNOWN: Todo("Read the condition's message and the controller's log.", (_DESCRIBE, _MANAGER_LOG, _EVENTS)),
}
NOT_WATCHED = Todo(
    "The controller does not run, does not see the namespace, or may not.", (_PODS, _MANAGER_LOG, _EVENTS)
)
"""A status that stays empty. [D]"""
_OF_AKV_SYNC = Todo(
    "It belongs to an AKVSync: change that one, never what it makes.",
    ("kubectl describe akvsync {akv_sync} -n {namespace}", _PROVIDER_LOG, _MANAGER_LOG),
    ("kubectl edit akvsync {akv_sync} -n {namespace}",),
)


def force_value(now: datetime) -> str:
    """A new value of forceSynchronization. A time with colons, as one usually writes it, is refused. [SRC]"""
    return f"{now:%Y%m%dT%H%M%SZ}"


def todo_of(meaning: Meaning, where: Where, now: datetime) -> Todo:
    """With commands that are ready to paste."""
    found = TODO[meaning]
    if where.akv_sync and found.words:
        found = Todo(f"{found.words} {_OF_AKV_SYNC.words}", (*_OF_AKV_SYNC.see, *found.see), _OF_AKV_SYNC.fix)
    return ready(found, where, now)


def ready(todo: Todo, where: Where, now: datetime) -> Todo:
    """The templates filled, every word quoted for a shell."""
    facts = {
        "namespace": where.namespace,
        "name": where.name,
        "spc": where.class_name,
        "controller_namespace": where.controller_namespace,
        "akv_sync": where.akv_sync,
        "now": force_value(now),
    }
    see, fix, anew = (filled(each, facts, Place()) for each in (todo.see, todo.fix, todo.anew))
    return Todo(todo.words, see, fix, anew)
