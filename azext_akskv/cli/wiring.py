"""Puts a command's world together: the only place that knows which gateway fills which port."""

from __future__ import annotations

import math
import os
import shlex
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azext_akskv.engine.journal import Journal
from azext_akskv.engine.reporter import Reporter
from azext_akskv.engine.waiting import SystemClock, Waits
from azext_akskv.flows.world import World
from azext_akskv.model.ids import BadInput, ResourceId, cluster_id
from azext_akskv.ports import Inside, Manifests, Mounts, Ports, Probes, RunLease, Secrets
from azext_akskv.read_only import read_only

if TYPE_CHECKING:
    from collections.abc import Callable

    from azext_akskv.gateways.clients import Clients
    from azext_akskv.gateways.clusters import ArmClusters
    from azext_akskv.gateways.kube import KubeSecrets
    from azext_akskv.gateways.kube_inside import Run
    from azext_akskv.gateways.kube_server import ApiServer
    from azext_akskv.gateways.kube_way import Way
    from azext_akskv.gateways.retries import Retries
    from azext_akskv.model.cluster import Cluster


def connect(cmd: Any, group: str, name: str, reporter: Reporter, via: str = "direct") -> World:
    """The world of a command about one cluster of az's present subscription. Asks nothing yet. `via` is how its API
    server is reached: direct, run-command, or auto.

    Raises az's CLIError when nobody is signed in, BadInput when our configuration cannot be understood.
    """
    from azure.cli.core._profile import Profile
    from azure.cli.core.commands.client_factory import get_subscription_id

    from azext_akskv.gateways.retries import Retries

    cli_ctx = cmd.cli_ctx
    subscription = get_subscription_id(cli_ctx)
    target = cluster_id(subscription, group, name)
    clock = SystemClock()
    waits = Waits(wait_factor(cli_ctx))
    retries = Retries(clock.sleep, reporter.tick, waits.ask_again, answer_timeout(cli_ctx))
    return World(
        target=target,
        ports=ports(cli_ctx, Setting(target, reporter, clock, waits, via, workers(cli_ctx)), retries),
        journal=Journal(journal_folder(cli_ctx), target, clock),
        reporter=reporter,
        clock=clock,
        waits=waits,
        command=command_line(cmd.name, sys.argv),
        caller=str(Profile(cli_ctx=cli_ctx).get_subscription(subscription)["user"]["name"]),
        machine=socket.gethostname(),
        subscriptions=(subscription, *(each for each in enabled(cli_ctx, subscription) if each != subscription)),
        workers=workers(cli_ctx),
    )


@dataclass(frozen=True)
class Around:
    """What a look at many clusters goes through."""

    subscriptions: tuple[str, ...]
    ports: Ports
    workers: int


def look_around(cmd: Any, reporter: Reporter, all_subscriptions: bool) -> Around:
    """az's present subscription, or all enabled ones of its tenant. Asks nothing yet. Raises what `connect` raises."""
    from azure.cli.core.commands.client_factory import get_subscription_id

    from azext_akskv.gateways.retries import Retries

    cli_ctx = cmd.cli_ctx
    present = get_subscription_id(cli_ctx)
    found = enabled(cli_ctx, present) if all_subscriptions else []
    clock, waits = SystemClock(), Waits(wait_factor(cli_ctx))
    retries = Retries(clock.sleep, reporter.tick, waits.ask_again, answer_timeout(cli_ctx))
    setting = Setting(cluster_id(present, "none", "none"), reporter, clock, waits, "direct", workers(cli_ctx))
    return Around(tuple(found) or (present,), read_only(ports(cli_ctx, setting, retries)), workers(cli_ctx))


def enabled(cli_ctx: Any, present: str) -> list[str]:
    """The enabled subscriptions of the present one's tenant that az is signed in to, in az's order."""
    from azure.cli.core._profile import Profile

    known = Profile(cli_ctx=cli_ctx).load_cached_subscriptions()
    tenant = next((str(each["tenantId"]) for each in known if each["id"] == present), "")
    return [str(each["id"]) for each in known if each["state"] == "Enabled" and each["tenantId"] == tenant]


@dataclass(frozen=True)
class Setting:
    """What the gateways are made for, and whom they tell."""

    target: ResourceId
    reporter: Reporter
    clock: SystemClock
    waits: Waits
    via: str
    workers: int = World.workers


def ports(cli_ctx: Any, setting: Setting, retries: Retries) -> Ports:
    """The ports, filled by the gateways; SDKs are loaded and clients made when one is first used."""
    from azext_akskv.gateways.clients import Clients
    from azext_akskv.gateways.clusters import ArmClusters
    from azext_akskv.gateways.governance import ArmGovernance
    from azext_akskv.gateways.identities import ArmIdentities
    from azext_akskv.gateways.keys import VaultKeys
    from azext_akskv.gateways.networks import ArmNetworks
    from azext_akskv.gateways.private_zones import ArmPrivateZones
    from azext_akskv.gateways.roles import ArmRoles
    from azext_akskv.gateways.scale_sets import ArmScaleSets
    from azext_akskv.gateways.vault_objects import ListedObjects
    from azext_akskv.gateways.vaults import ArmVaults

    waits = setting.waits
    clients = Clients(cli_ctx, retries)
    clusters = ArmClusters(clients, waits.poll)
    behind = behind_api_server(clusters, clients, setting, retries)
    return Ports(
        clusters=clusters,
        vaults=ArmVaults(clients, waits.poll),
        keys=VaultKeys(clients),
        roles=ArmRoles(clients),
        identities=ArmIdentities(clients),
        governance=ArmGovernance(clients, setting.target.subscription),
        secrets=behind.secrets,
        lease=behind.lease,
        networks=ArmNetworks(clients, waits.poll),
        zones=ArmPrivateZones(clients, waits.poll),
        scale_sets=ArmScaleSets(clients, waits.poll),
        objects=ListedObjects(clients),
        probes=behind.probes,
        mounts=behind.mounts,
        manifests=behind.manifests,
        inside=behind.inside,
    )


@dataclass(frozen=True)
class Behind:
    """What is asked of the API server, or through it."""

    secrets: Secrets
    lease: RunLease
    inside: Inside
    probes: Probes
    mounts: Mounts
    manifests: Manifests


def behind_api_server(clusters: ArmClusters, clients: Clients, setting: Setting, retries: Retries) -> Behind:
    """Logs in to the API server at the first request; whoever asks nothing of it needs no right to."""
    from azext_akskv.gateways.clusters import api_server_names
    from azext_akskv.gateways.kube import KubeSecrets
    from azext_akskv.gateways.kube_access import read_kubeconfig
    from azext_akskv.gateways.kube_inside import InvokedSecrets
    from azext_akskv.gateways.kube_server import ApiServer, patient
    from azext_akskv.gateways.kube_way import EitherLease, EitherSecrets, FromInside, Way
    from azext_akskv.gateways.run_command import Pace, RunCommand

    authorities = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or ""
    target, waits = setting.target, setting.waits

    def server() -> ApiServer:
        names = api_server_names(clusters.get(target))
        access = read_kubeconfig(clusters.user_kubeconfig(target), names, clients.token_for, authorities)
        return ApiServer(access, authorities, patient(retries), keeps_connections=setting.workers > 1)

    pace = Pace(waits.command_poll, setting.clock.monotonic, setting.reporter.tick)
    run = RunCommand(clients, pace).run
    invoked = InvokedSecrets(run, lambda: clusters.get(target), waits.ask_again)
    way = Way(setting.via, server, lambda: clusters.get(target), setting.reporter.note)
    direct = KubeSecrets(way.connect, retries)
    return Behind(
        secrets=EitherSecrets(way, direct, invoked).as_port(),
        lease=EitherLease(way, direct, invoked),
        inside=FromInside(way, invoked),
        probes=probes(way, direct, run, setting),
        mounts=mounts(way, direct, run, lambda: clusters.get(target), setting.workers),
        manifests=manifests(way, direct, run, lambda: clusters.get(target)),
    )


def mounts(way: Way, direct: KubeSecrets, run: Run, read: Callable[[], Cluster], at_once: int) -> Mounts:
    """What is read of the secrets provider, by the way that was decided on."""
    from azext_akskv.gateways.kube_mounts import EitherMounts, KubeMounts
    from azext_akskv.gateways.kube_mounts_inside import InvokedMounts

    return EitherMounts(way, KubeMounts(direct.ask, direct.lines, at_once), InvokedMounts(run, read))


def manifests(way: Way, direct: KubeSecrets, run: Run, read: Callable[[], Cluster]) -> Manifests:
    """The objects by which pods mount, by the way that was decided on."""
    from azext_akskv.gateways.kube_manifests import EitherManifests, KubeManifests
    from azext_akskv.gateways.kube_manifests_inside import InvokedManifests

    return EitherManifests(way, KubeManifests(direct.ask), InvokedManifests(run, read))


def probes(way: Way, direct: KubeSecrets, run: Run, setting: Setting) -> Probes:
    """The pods that look from a node, by the way that was decided on."""
    from uuid import uuid4

    from azext_akskv.gateways import kube_probe as pods

    clock, waits = setting.clock, setting.waits
    limit = max(pods.LEAST_SECONDS, pods.LIMIT_SECONDS * waits.factor)
    every = max(pods.MOST_OFTEN, waits.command_poll)
    stuck = pods.STUCK_SECONDS * waits.factor
    patience = pods.Patience(every, limit, stuck, clock.sleep, clock.monotonic, setting.reporter.tick)
    by_server = pods.KubeProbes(direct.ask, direct.lines, patience, lambda: uuid4().hex)
    return pods.EitherProbes(way, by_server, pods.InvokedProbes(run))


def journal_folder(cli_ctx: Any) -> Path:
    """akskv's own folder in az's configuration folder (AZURE_CONFIG_DIR, else ~/.azure)."""
    return Path(cli_ctx.config.config_dir) / "akskv"


def wait_factor(cli_ctx: Any) -> float:
    """az config `akskv.wait_factor`, or AZURE_AKSKV_WAIT_FACTOR: what all waits are multiplied with.

    Raises BadInput when it is not a positive number.
    """
    return positive(cli_ctx, "wait_factor", 1.0)


def answer_timeout(cli_ctx: Any) -> float:
    """az config `akskv.answer_timeout`, or AZURE_AKSKV_ANSWER_TIMEOUT: the seconds that a service may take to answer.

    Raises BadInput when it is not a positive number.
    """
    from azext_akskv.gateways.retries import ANSWER_TIMEOUT

    return positive(cli_ctx, "answer_timeout", ANSWER_TIMEOUT)


def positive(cli_ctx: Any, option: str, otherwise: float) -> float:
    """A number of the section `akskv` of az's configuration. Raises BadInput when it is not a positive one."""
    text = str(cli_ctx.config.get("akskv", option, fallback=otherwise))
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise BadInput(f"az config akskv.{option} is {text!r}; expected a positive number, such as {otherwise:g}")
    return number


def workers(cli_ctx: Any) -> int:
    """az config `akskv.workers`, or AZURE_AKSKV_WORKERS: how many requests may be under way at once; 1 keeps them in
    order, as recordings need it. Raises BadInput when it is not a whole number from 1 to 64."""
    text = str(cli_ctx.config.get("akskv", "workers", fallback=World.workers))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 64):
        raise BadInput(f"az config akskv.workers is {text!r}; expected a whole number from 1 to 64")
    return int(text)


def command_line(name: str, arguments: list[str]) -> str:
    """The command as it can be pasted again; only its name where az was not started by a command line of its own."""
    words = arguments[1:]
    return shlex.join(["az", *words]) if words[: len(name.split())] == name.split() else f"az {name}"
