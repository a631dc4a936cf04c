"""Reading all secrets page by page, also past one that the API server cannot decrypt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from azext_akskv.failures import GatewayError, Missing, Rejected, Unreadable
from azext_akskv.model.kube import Refused, SecretPage, SecretRef
from azext_akskv.ports import Secrets

PAGE = 500
MOST_RESTARTS = 3
MOST_UNREADABLE = 20
"""So many are named; with more of them a key is gone, and each further one would cost several requests."""

UNKNOWN = "*"
"""Stands for the name of a secret that the API server did not tell; no Kubernetes name holds it."""

PageReader = Callable[[str, "str | None", int], SecretPage]


class TooManyUnreadable(GatewayError):
    """The API server cannot decrypt so many secrets that looking on tells nothing new."""


@dataclass
class _Place:
    """Where in a namespace's list the walk is."""

    after: str | None = None
    limit: int = PAGE
    last: str = ""
    """The last name that was given out."""
    own_token: bool = False
    """The token is one that the server did not make."""
    restarts: int = 0
    at_end: bool = False

    def begin_again(self) -> bool:
        """False when that cannot help: no token was used, or it keeps expiring before anything new is reached."""
        useful = self.after is not None and self.restarts < MOST_RESTARTS
        self.after, self.own_token, self.restarts = None, False, self.restarts + 1
        return useful

    def halve(self) -> bool:
        """False when the page is of one secret already."""
        halved = self.limit > 1
        self.limit = max(1, self.limit // 2)
        return halved

    def go_on_behind(self, token: str) -> None:
        self.after, self.own_token = token, True

    def passed(self, fresh: tuple[SecretRef, ...], after: str | None) -> None:
        if fresh:
            self.last, self.restarts = fresh[-1].name, 0
        self.after, self.own_token, self.at_end = after, False, after is None

    def go_to(self, token: str | None) -> None:
        self.after, self.at_end, self.limit = token, token is None, PAGE


class SecretWalk:
    """The secrets of one namespace after the other. What cannot be read is stepped over and told in `unreadable`.

    `read_page` is Secrets.page, or something that calls it with more patience.
    """

    def __init__(self, secrets: Secrets, read_page: PageReader | None = None) -> None:
        self._secrets = secrets
        self._read_page = read_page or secrets.page
        self.unreadable: list[Refused] = []

    def pages(self, namespace: str, behind: str = "") -> Iterator[SecretPage]:
        """Each secret behind that name once, in the order of their names. Raises what `page` raises, but not
        Unreadable.

        A list fails as a whole on a value that cannot be decrypted, so the page is halved until that value stands
        alone, and the list goes on behind it. When the token of the next page has expired, the list goes on behind the
        last name as it is now, as the server itself offers with its 410; a server that does not take such a token gets
        the list begun again, and what was given out already is left out.
        """
        place = self._place(namespace, behind)
        while not place.at_end:
            try:
                page = self._read_page(namespace, place.after, place.limit)
            except (Missing, Rejected) as error:
                if not self._after_expiry(namespace, place, error):
                    raise
            except Unreadable as trouble:
                if not place.halve():
                    place.go_to(self._step_over(namespace, trouble))
            else:
                fresh = tuple(secret for secret in page.secrets if secret.name > place.last)
                if fresh:
                    yield replace(page, secrets=fresh)
                place.passed(fresh, page.after)

    def _place(self, namespace: str, behind: str) -> _Place:
        place = _Place(last=behind)
        if behind:
            place.go_on_behind(self._secrets.behind(SecretRef(namespace, behind)))
        return place

    def _after_expiry(self, namespace: str, place: _Place, error: GatewayError) -> bool:
        """Whether there is a way on."""
        if place.own_token:
            return place.begin_again()
        if not isinstance(error, Missing):
            return False
        if place.after is not None and place.last:
            place.go_on_behind(self._secrets.behind(SecretRef(namespace, place.last)))
            return True
        return place.begin_again()

    def _step_over(self, namespace: str, trouble: Unreadable) -> str | None:
        """A token that goes on behind the secret; None when the rest of the namespace cannot be reached."""
        reason = trouble.message or "the API server cannot decrypt it"
        found, _, name = trouble.secret.partition("/")
        known = SecretRef(namespace, name) if found == namespace and name else None
        self.unreadable.append(Refused(known or SecretRef(namespace, UNKNOWN), reason))
        if len(self.unreadable) >= MOST_UNREADABLE:
            raise TooManyUnreadable("read all secrets", "unreadable", f"{MOST_UNREADABLE} and more cannot be decrypted")
        if known is None:
            return None
        token = self._secrets.behind(known)
        try:
            self._read_page(namespace, token, 1)
        except Unreadable:
            return token
        except (Missing, Rejected):  # this server does not take a token that it did not make
            self.unreadable.append(Refused(SecretRef(namespace, UNKNOWN), f"it stands behind {known} in the list"))
            return None
        return token
