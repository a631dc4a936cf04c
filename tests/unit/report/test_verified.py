"""What `secrets-provider verify` has seen, as data, as a table and as a story."""

from __future__ import annotations

import json
from typing import Any

from azext_akskv.model.diagnosed import Diagnosed
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.mounts.standing import Scope, standings_of
from azext_akskv.model.mounts.synced import SyncedSecret
from azext_akskv.model.provider.reading import Reading
from azext_akskv.model.verified import Verified
from azext_akskv.report.tables import mounts_table
from azext_akskv.report.verified import MOST_TOLD, verified_lines, verified_row
from tests.builders import TARGET
from tests.fake_mounts import seen_by
from tests.mount_builders import NODE, SYNCED, a_class, a_pod, a_status

KEYS = {"cluster", "resourceGroup", "namespace", "className", "seconds", "mounts", "findings"}
UNREADY = Finding("mount-unready", "provider", State.ERROR, "team-a/web-1, class kv: not mounted", "why", "kubectl x")


def found(pods: int = 2, mounted: int = 1, *, own: tuple[Finding, ...] = (UNREADY,), **more: Any) -> Verified:
    """`mounted` of the pods have the class mounted, and its Secret."""
    names = [f"web-{number}" for number in range(pods)]
    statuses = [a_status(name) for name in names[:mounted]]
    secrets = [SyncedSecret("team-a", "db", "Opaque", 1)] if mounted else []
    classes = [a_class(secretObjects=SYNCED)]
    seen = seen_by(pods=[a_pod(name) for name in names], classes=classes, statuses=statuses, secrets=secrets)
    nothing = Diagnosed(TARGET, "team-a", ("provider",), Reading(), (), ())
    usual: dict[str, Any] = {"class_name": "", "diagnosed": nothing, "ended": "", "seconds": 12.34}
    return Verified(standings=standings_of(seen, Scope()).each, own=own, **{**usual, **more})


def story(of: Verified, verbose: bool = False) -> list[str]:
    return [f"{line.head}{line.text}".rstrip() for line in verified_lines(of, verbose)]


def test_a_row_has_a_mount_with_names_and_versions() -> None:
    row = verified_row(found())
    assert set(row) == KEYS and json.loads(json.dumps(row)) == row
    assert (row["namespace"], row["className"], row["seconds"]) == ("team-a", None, 12.3)
    done, left = row["mounts"]
    assert done == {
        "namespace": "team-a",
        "pod": "web-0",
        "class": "kv",
        "node": NODE,
        "mounted": True,
        "state": "mounted",
        "objects": [
            {"type": "secret", "name": "db-pass", "version": "v1"},
            {"type": "cert", "name": "web-tls", "version": "v7"},
        ],
        "secrets": [{"name": "db", "type": "Opaque", "keys": ["password"], "made": True}],
    }
    assert (left["mounted"], left["state"], left["objects"]) == (False, "not-mounted", [])
    assert row["findings"][0]["code"] == "mount-unready" and row["findings"][0]["evidence"] is None


def test_a_secret_that_is_not_made_has_the_type_that_is_wanted() -> None:
    [copy] = verified_row(found(1, 0))["mounts"][0]["secrets"]
    assert copy == {"name": "db", "type": "Opaque", "keys": ["password"], "made": False}


def test_the_table_has_a_line_a_mount_and_without_any_what_is_wrong() -> None:
    done, left = mounts_table(verified_row(found()))
    assert (done["Pod"], done["State"], done["Objects"]) == ("web-0", "mounted", "secret/db-pass, cert/web-tls")
    assert (left["Pod"], left["State"], left["Objects"]) == ("web-1", "not-mounted", "-")
    [wrong] = mounts_table(verified_row(found(0, 0)))
    assert (wrong["Code"], wrong["State"]) == ("mount-unready", "error")


def test_the_story_counts_and_tells_what_is_mounted_and_what_is_not() -> None:
    told = story(found(ended="the time to wait was over"))
    assert told[0] == f"{TARGET.name}: 1 of 2 mounts in order after 12 s; the time to wait was over"
    assert told[1] == f"  ok       team-a/web-0 has mounted kv on {NODE}: secret/db-pass (v1), cert/web-tls (v7)"
    assert told[2] == "           Secret db (Opaque): password"
    assert told[3].startswith("  error    provider   team-a/web-1, class kv: not mounted")


def test_of_many_the_first_are_told_and_the_rest_counted() -> None:
    many = found(30, 30, own=())
    lines = [each for each in story(many) if each.startswith("  ok")]
    assert len(lines) == MOST_TOLD + 1 and lines[-1] == "  ok       and 10 more"
    assert len([each for each in story(many, verbose=True) if each.startswith("  ok")]) == 30


def test_what_could_not_be_compared_is_a_note_and_nothing_mounts_is_said() -> None:
    told = story(found(1, 1, own=(), aside=("the vault is closed",)))
    assert "  note     not compared with the vault: the vault is closed" in told
    assert story(found(0, 0, own=()))[0].startswith(f"{TARGET.name}: no pod mounts anything that is asked about")
