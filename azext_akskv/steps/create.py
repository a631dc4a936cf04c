"""Makes the vault, the key or the identity that a flow needs and that is not there. Each is found again by its name, so
an answer that was lost on the way never makes a second one."""

from __future__ import annotations

from azext_akskv.engine.step import Fact, Run, Seen, Step
from azext_akskv.failures import Missing
from azext_akskv.model.choice import Place
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import KeyVersion, newest_enabled
from azext_akskv.model.tags import RUN_TAG
from azext_akskv.model.vault import Vault

KEY = Fact("key", KeyId.parse)
PRINCIPAL = Fact("principal", str)


def find_vault(run: Run, vault: ResourceId) -> Vault | None:
    try:
        return run.looking.vaults.get(vault)
    except Missing:
        return None


def create_vault(vault: ResourceId, place: Place) -> Step:
    def look(run: Run) -> Seen | None:
        found = find_vault(run, vault)
        return Seen(str(found.id)) if found and found.provisioning_state == "Succeeded" else None

    def act(run: Run) -> None:
        if find_vault(run, vault) is None:
            run.ports.vaults.create(vault, place.location, place.tenant, {RUN_TAG: run.id})

    return Step(
        code="create-vault",
        title=f"create the key vault {vault.name}",
        look=look,
        act=act,
        left_behind="the cluster was not touched; a new vault, if there is one, is found again by its name",
    )


def create_key(vault: ResourceId, name: str, like: KeyVersion | None = None) -> Step:
    """The first version of a key, through ARM: it works whatever the vault's firewall says. [ARO-HCP, ASO]"""

    def look(run: Run) -> Seen | None:
        home = find_vault(run, vault)
        try:
            newest = newest_enabled(run.looking.keys.versions(home, name)) if home else None
        except Missing:
            newest = None
        return Seen(str(newest.id), {KEY.name: str(newest.id)}) if newest else None

    def act(run: Run) -> None:
        run.ports.keys.create(run.ports.vaults.get(vault), name, {RUN_TAG: run.id}, like)

    return Step(
        code="create-key",
        title=f"create the key {name} in {vault.name}",
        look=look,
        act=act,
        left_behind="the cluster was not touched; a new key, if there is one, is found again by its name",
    )


def create_version(vault: ResourceId, like: KeyVersion) -> Step:
    """A new version of a key, at the vault itself. Whichever is newer than the one in use is as good: so an answer that
    was lost on the way leaves none behind that nobody uses."""

    def look(run: Run) -> Seen | None:
        home = run.looking.vaults.get(vault)
        others = [each for each in run.looking.keys.versions(home, like.id.name) if each.id != like.id]
        newest = newest_enabled(others)
        if newest is None or not is_later(run, home, newest):
            return None
        return Seen(str(newest.id.version), {KEY.name: str(newest.id)})

    def is_later(run: Run, home: Vault, newest: KeyVersion) -> bool:
        """Key Vault's times are in whole seconds."""
        if not (newest.created and like.created) or newest.created < like.created:
            return False
        if newest.created > like.created:
            return True
        return run.looking.keys.get(home, like.id.name, newest.id.version).tags.get(RUN_TAG) == run.id

    def act(run: Run) -> None:
        home = run.ports.vaults.get(vault)
        run.ports.keys.create_version(home, like, {RUN_TAG: run.id}, home.seen_at)

    return Step(
        code="create-key-version",
        title=f"create a new version of the key {like.id.name} in {vault.name}",
        look=look,
        act=act,
        left_behind="the cluster was not touched; a new version, if there is one, is used when the command runs again",
    )


def create_identity(identity: ResourceId, place: Place) -> Step:
    def look(run: Run) -> Seen | None:
        try:
            found = run.looking.identities.get(identity)
        except Missing:
            return None
        return Seen(str(found.id), {PRINCIPAL.name: found.principal_id})

    def act(run: Run) -> None:
        run.ports.identities.create(identity, place.location, {RUN_TAG: run.id})

    return Step(
        code="create-identity",
        title=f"create the user-assigned managed identity {identity.name}",
        look=look,
        act=act,
        left_behind="the cluster was not touched; a new identity, if there is one, is found again by its name",
    )
