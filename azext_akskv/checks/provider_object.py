"""A check of each thing in a vault that a SecretProviderClass names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from azext_akskv.checks.declare import PROVIDER, check
from azext_akskv.checks.provider_classes import class_by_class, edit, guarded, its_vault, nearest, put_objects
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.behind import TYPES, Behind, ProviderView
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.secret_class import VaultObject as Asked
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType, VaultObject, is_object_name

LATEST = "latest"
"""Stands for no version, where a history is asked for; else it is sent to the vault as it is. [SRC]"""
ONE_OF_MANY = "one object that fails takes the whole mount with it, and hides those after it"


@dataclass(frozen=True)
class _Named:
    """An object of a class, and where it should be."""

    one: SecretProviderClass
    vault: Vault
    asked: Asked
    type: ObjectType
    behind: Behind
    now: datetime

    @property
    def name(self) -> str:
        return self.asked.name.strip()

    @property
    def history(self) -> bool:
        return (self.asked.history or 0) > 1

    @property
    def version(self) -> str:
        said = self.asked.version.strip().lower()
        return "" if said == LATEST and self.history else said

    def __str__(self) -> str:
        return f"the {self.type.value} {self.name}"

    def ask(self, *words: object, version: str = "") -> str:
        """An `az keyvault` command about it; it goes to the vault itself."""
        more = ("--version", version) if version else ()
        kind = "certificate" if self.type is ObjectType.CERT else self.type.value
        return shell("az", "keyvault", kind, words[0], "--vault-name", self.vault.id.name, *words[1:], *more)


@check("vault-object", PROVIDER, State.ERROR, "the objects that the classes name are there, enabled and in their time")
def vault_object(snapshot: Snapshot) -> Iterator[Problem]:
    def examine(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        vault, told = its_vault(view, one), set[str]()
        for asked in one.objects if vault else ():
            if vault is None or asked.type not in TYPES or not asked.name.strip():
                continue  # another check says so
            named = _Named(one, vault, asked, TYPES[asked.type], view.behind, snapshot.taken_at)
            for each in guarded(one, _of_object(named)):
                if each.text not in told:  # a list that is closed is closed for all of its type
                    told.add(each.text)
                    yield each

    yield from class_by_class(snapshot, examine)


def _of_object(named: _Named) -> Iterator[Problem]:
    if not is_object_name(named.name):
        yield Problem(
            f"{named.one} names {in_short(named.name, 80)}, which no object of a vault can be called",
            "letters, digits and hyphens alone: the vault answers 400 BadParameter. The file's name goes into "
            "objectAlias",
            edit(named.one),
        )
        return
    found = _found(named)
    if found is None:
        yield _absent(named)
    elif named.version:
        yield from _of_version(named)
    else:
        yield from _state(named, found, "")


def _found(named: _Named) -> VaultObject | None:
    """A certificate is also a key and a secret of its name. [D] Raises NotObserved."""
    vault, behind = named.vault.id.name, named.behind
    found = behind.named(vault, named.type, named.name)
    if found or named.type is ObjectType.CERT:
        return found
    try:
        return behind.named(vault, ObjectType.CERT, named.name)
    except NotObserved:  # the list of its own type was read, and should have it
        return None


def _absent(named: _Named) -> Problem:
    vault, one = named.vault.id.name, named.one
    others = [of for of in ObjectType if of is not named.type and _is_there(named, of)]
    if others:
        kinds = " and a ".join(of.value for of in others)
        return Problem(
            f"{vault} has no {named.type.value} {named.name}, which {one} names, but a {kinds} of that name",
            f"the vault answers that it is not found; objectType: {others[0].value} finds it. {ONE_OF_MANY}",
            put_objects(one, named.asked.place, type=others[0].value) if len(others) == 1 else edit(one),
        )
    listed = named.behind.objects[vault.lower(), named.type].get()
    meant = nearest(named.name, (each.name for each in listed))
    return Problem(
        f"{vault} has no {named.type.value} {named.name}, which {one} names{f'; it has {meant}' if meant else ''}",
        f"the name is misspelt, it is another vault's, or it is deleted and can be recovered. {ONE_OF_MANY}",
        put_objects(one, named.asked.place, name=meant)
        if meant
        else named.ask("list-deleted", "--query", f"[?name=='{named.name}'].name"),
    )


def _is_there(named: _Named, of: ObjectType) -> bool:
    try:
        return named.behind.named(named.vault.id.name, of, named.name) is not None
    except NotObserved:
        return False


def _of_version(named: _Named) -> Iterator[Problem]:
    key = (named.vault.id.name.lower(), named.type, named.name.lower())
    seen = named.behind.versions.get(key)
    if seen is None:
        raise NotObserved(f"the versions of {named} in {named.vault.id.name} were not looked at")
    versions = seen.get()
    found = next((each for each in versions if (each.version or "").lower() == named.version), None)
    if found is not None:
        yield from _state(named, found, named.version)
        return
    newest = next((each.version for each in versions if each.enabled and each.version), "")
    yield Problem(
        f"{named} in {named.vault.id.name} has no version {in_short(named.version, 40)}, which {named.one} names"
        f"{f'; the newest enabled one is {newest}' if newest else ''}",
        f"the vault answers that it is not found; without objectVersion the newest one is read. {ONE_OF_MANY}",
        edit(named.one),
    )


def _state(named: _Named, found: VaultObject, version: str) -> Iterator[Problem]:
    what = f"{named}{f', version {version},' if version else ''} in {named.vault.id.name}, which {named.one} names,"
    if not found.enabled:
        passed_over = named.history and not version
        yield Problem(
            f"{what} is disabled",
            "a history leaves out versions that are disabled: an older one stands first"  # [SRC]
            if passed_over
            else f"the vault does not give it out (403). {ONE_OF_MANY}",
            named.ask("set-attributes", "--name", named.name, "--enabled", "true", version=version),
            State.WARNING if passed_over else None,
        )
    yield from _time(named, found, what)


def _time(named: _Named, found: VaultObject, what: str) -> Iterator[Problem]:
    """[D] Key Vault gives out secrets that are outside their time."""
    now, told = named.now, ""
    if found.expires and found.expires <= now:
        told = f"expired on {found.expires:%Y-%m-%d}"
    elif found.not_before and found.not_before > now:
        told = f"is valid from {found.not_before:%Y-%m-%d} on"
    if told:
        yield Problem(
            f"{what} {told}",
            "Key Vault gives it out all the same, so that nothing fails here; what it is for may refuse it",
            named.ask("show", "--name", named.name, "--query", "attributes", version=found.version or ""),
            State.WARNING,
        )
