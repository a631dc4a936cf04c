"""The routes of certificates: `https://<vault>.vault.emulator.test/certificates/...`."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.dataplane.keyvault.asking import allow, deleted_members, page
from emulator.dataplane.keyvault.certificates import CertificateVersion

ROUTES = Routes()
_IN_PROGRESS = (
    "Pending certificate created. Certificate request is in progress. This may take some time based on the issuer "
    "provider. Please check again later."
)


def _bundle(call: Call, version: CertificateVersion) -> Answer:
    return Answer(200, version.bundle(call.world.keyvault.recovery(call.host)))


def _version(call: Call) -> CertificateVersion:
    return call.world.keyvault.certificates.shelf.version(call.host, call.params["name"], call.params.get("version"))


@ROUTES.route("POST", "/certificates/{name}/create")
def create(call: Call) -> Answer:
    """[D] 202 with the request, which is under way."""
    allow(call, "certificate", "create")
    made = call.world.keyvault.certificates.create(call.host, call.params["name"], call.json() or {})
    return Answer(202, _operation(call, made, "inProgress"))


@ROUTES.route("GET", "/certificates/{name}/pending")
def get_pending(call: Call) -> Answer:
    """[D] The request for the newest version, and what became of it."""
    allow(call, "certificate", "get")
    newest = call.world.keyvault.certificates.shelf.get(call.host, call.params["name"]).newest
    return Answer(200, _operation(call, newest, "completed" if newest.der else "inProgress"))


def _operation(call: Call, version: CertificateVersion, status: str) -> dict[str, Any]:
    """[D] It names the certificate when there is one."""
    own = version.id.rpartition("/")[0]
    body = {
        "id": f"{own}/pending",
        "issuer": version.policy["issuer"],
        "csr": call.world.keyvault.certificates.request_for(version),
        "cancellation_requested": False,
        "status": status,
        "request_id": version.version,
    }
    return {**body, "target": own} if status == "completed" else {**body, "status_details": _IN_PROGRESS}


@ROUTES.route("POST", "/certificates/{name}/import")
def import_certificate(call: Call) -> Answer:
    allow(call, "certificate", "import")
    made = call.world.keyvault.certificates.import_(call.host, call.params["name"], call.json() or {})
    return _bundle(call, made)


@ROUTES.route("GET", "/certificates")
def list_certificates(call: Call) -> Answer:
    allow(call, "certificate", "list")
    recovery = call.world.keyvault.recovery(call.host)
    living = call.world.keyvault.certificates.shelf.living(call.host)
    return page(call, [one.newest.item(f"https://{call.host}/certificates/{one.name}", recovery) for one in living])


@ROUTES.route("GET", "/certificates/{name}/versions")
def list_versions(call: Call) -> Answer:
    """[INF] In the order of their ids, as those of keys are."""
    allow(call, "certificate", "list")
    recovery = call.world.keyvault.recovery(call.host)
    versions = call.world.keyvault.certificates.shelf.get(call.host, call.params["name"]).versions
    return page(call, [one.item(one.id, recovery) for one in sorted(versions, key=lambda one: one.version)])


@ROUTES.route("GET", "/certificates/{name}/policy")
def get_policy(call: Call) -> Answer:
    allow(call, "certificate", "get")
    return Answer(200, _version(call).shown_policy())


@ROUTES.route("GET", "/certificates/{name}")
@ROUTES.route("GET", "/certificates/{name}/{version}")
def get(call: Call) -> Answer:
    """[INF] A disabled one too: nothing of it is private."""
    allow(call, "certificate", "get")
    return _bundle(call, _version(call))


@ROUTES.route("PATCH", "/certificates/{name}")
@ROUTES.route("PATCH", "/certificates/{name}/{version}")
def update(call: Call) -> Answer:
    allow(call, "certificate", "update")
    version = _version(call)
    call.world.keyvault.certificates.update(version, call.json() or {})
    return _bundle(call, version)


@ROUTES.route("DELETE", "/certificates/{name}")
def delete(call: Call) -> Answer:
    allow(call, "certificate", "delete")
    certificates = call.world.keyvault.certificates
    found = certificates.delete(call.host, call.params["name"])
    bundle = found.newest.bundle(call.world.keyvault.recovery(call.host))
    return Answer(200, {**deleted_members(call, certificates.shelf, found), **bundle})


@ROUTES.route("GET", "/deletedcertificates")
def list_deleted(call: Call) -> Answer:
    allow(call, "certificate", "list")
    shelf, recovery = call.world.keyvault.certificates.shelf, call.world.keyvault.recovery(call.host)
    return page(
        call,
        [
            {
                **deleted_members(call, shelf, one),
                **one.newest.item(f"https://{call.host}/certificates/{one.name}", recovery),
            }
            for one in shelf.deleted(call.host)
        ],
    )


@ROUTES.route("GET", "/deletedcertificates/{name}")
def get_deleted(call: Call) -> Answer:
    allow(call, "certificate", "get")
    shelf = call.world.keyvault.certificates.shelf
    found = shelf.get_deleted(call.host, call.params["name"])
    bundle = found.newest.bundle(call.world.keyvault.recovery(call.host))
    return Answer(200, {**deleted_members(call, shelf, found), **bundle})


@ROUTES.route("POST", "/deletedcertificates/{name}/recover")
def recover(call: Call) -> Answer:
    allow(call, "certificate", "recover")
    return _bundle(call, call.world.keyvault.certificates.recover(call.host, call.params["name"]).newest)


@ROUTES.route("DELETE", "/deletedcertificates/{name}")
def purge(call: Call) -> Answer:
    allow(call, "certificate", "purge")
    call.world.keyvault.certificates.purge(call.host, call.params["name"])
    return Answer(204)
