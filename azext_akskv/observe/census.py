"""Counts the secrets and finds those that cannot be decrypted: no change of KMS may begin while there is one."""

from __future__ import annotations

from concurrent.futures import Executor

from azext_akskv.engine.read_ahead import ReadAhead
from azext_akskv.engine.reporter import Reporter
from azext_akskv.engine.secret_walk import UNKNOWN, SecretWalk, TooManyUnreadable
from azext_akskv.model.kube import Refused, SecretRef
from azext_akskv.model.snapshot import SecretCensus
from azext_akskv.ports import Secrets


def take_census(secrets: Secrets, reporter: Reporter, pool: Executor, ahead: int) -> SecretCensus:
    """Every secret read once from etcd, page by page, with `ahead` namespaces under way at once in the pool.

    Raises GatewayError when the API server cannot be asked.

    A list answers 500 as a whole when one value in it cannot be decrypted, and after a change of KMS the API servers
    restart and stay unready over that one value. With very many such secrets the first ones are named.
    """
    namespaces, count = secrets.namespaces(), 0
    walk = SecretWalk(secrets, ReadAhead(pool, secrets.page, namespaces, ahead).page)
    samples: dict[str, SecretRef] = {}
    try:
        for namespace in namespaces:
            for page in walk.pages(namespace):
                count += len(page.secrets)
                samples |= {namespace: page.secrets[0]} if page.secrets and namespace not in samples else {}
                reporter.tick(f"{count:,} secrets read")
    except TooManyUnreadable:
        pass  # the ones named so far say enough, and one would have been enough to stop
    unreadable = tuple(named(each) for each in walk.unreadable)
    return SecretCensus(count, len(namespaces), unreadable, tuple(samples.values()))


def named(unread: Refused) -> SecretRef | str:
    if unread.secret.name != UNKNOWN:
        return unread.secret
    return f"a secret in {unread.secret.namespace} that the API server does not name: {unread.reason}"
