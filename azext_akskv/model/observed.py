"""What we saw, or why we could not look: never the same thing as "fine"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, cast

T_co = TypeVar("T_co", covariant=True)


class NotObserved(Exception):
    """Somebody needs a value that could not be looked at; the text says why."""


@dataclass(frozen=True)
class Observed(Generic[T_co]):
    """A value that was read (it may be None: "it is not there"), or the reason why it could not be."""

    value: T_co | None = None
    gap: str | None = None

    @classmethod
    def unknown(cls, gap: str) -> Observed[T_co]:
        return cls(gap=gap)

    @property
    def known(self) -> bool:
        return self.gap is None

    def get(self) -> T_co:
        """Raises NotObserved with the reason when it could not be looked at."""
        if self.gap is not None:
            raise NotObserved(self.gap)
        return cast(T_co, self.value)
