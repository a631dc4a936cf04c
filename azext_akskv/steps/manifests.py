"""Writes one object of Kubernetes by which pods mount what is in a vault, or changes one that is there, as the user has
seen it."""

from __future__ import annotations

from azext_akskv.engine.step import Run, Seen, Step
from azext_akskv.failures import Conflict, Denied
from azext_akskv.model.mounts.manifests.manifest import Kind, Manifest
from azext_akskv.model.mounts.manifests.standing import Standing, change_of, differences
from azext_akskv.ports import Ports

LEFT = {
    Kind.ACCOUNT: "a service account does nothing by itself",
    Kind.CLASS: "a class does nothing before a pod mounts it",
    Kind.POD: "a pod that cannot mount waits, and tries again by itself",
    Kind.DEPLOYMENT: "pods that cannot mount wait, and try again by themselves",
}
SOMEBODY = "somebody wrote it since the plan was shown: run again to see how it differs"


def put_manifest(manifest: Manifest, there: Standing | None) -> Step:
    """`there`: the one that the plan was made for; None: there was none. What came or changed since is not written
    over."""
    ref = manifest.ref

    def look(run: Run) -> Seen | None:
        found = _standing(run.looking, manifest)
        return Seen(f"resourceVersion {found.version}") if found and not differences(manifest, found) else None

    def act(run: Run) -> None:
        try:
            if there is None:
                run.ports.manifests.create(manifest)
            else:
                run.ports.manifests.change(ref, change_of(manifest, there))
        except Conflict as error:  # it may be our own write, whose answer was lost
            if look(run) is None:
                raise Conflict(error.doing, error.code, SOMEBODY) from error

    return Step(
        code=f"put-{ref.kind.value.lower()}",
        title=f"{'change' if there and differences(manifest, there) else 'make'} the {ref}",
        look=look,
        act=act,
        left_behind=LEFT[ref.kind],
    )


def _standing(ports: Ports, manifest: Manifest) -> Standing | None:
    """Raises GatewayError."""
    found = ports.manifests.look([manifest.ref]).standing[manifest.ref]
    if not found.known:
        raise Denied(f"look at the {manifest.ref}", "Forbidden", found.gap or "")
    return found.value
