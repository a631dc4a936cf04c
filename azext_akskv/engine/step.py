"""A step looks, acts and looks again; a plan is steps in order; a run carries a plan out against one cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from azext_akskv.engine.journal import RunJournal
from azext_akskv.engine.reporter import Reporter
from azext_akskv.engine.waiting import Clock, Waits
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.kube import Tally
from azext_akskv.model.probe import ProbeReport
from azext_akskv.model.repair import Picture
from azext_akskv.ports import Ports
from azext_akskv.read_only import read_only

if TYPE_CHECKING:
    from azext_akskv.model.mounts.manifests.manifest import Manifest

T = TypeVar("T")


@dataclass(frozen=True)
class Fact(Generic[T]):
    """Something that one step finds out and a later one needs; kept in the journal as text."""

    name: str
    parse: Callable[[str], T]


class MissingFact(Exception):
    """A step looks for something that a step before it, not done yet, will find out."""


@dataclass(frozen=True)
class Seen:
    """It is already so. `detail` is for the story; `facts` are by the name of their Fact, as text."""

    detail: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """`look` never changes anything, and answers None while there is something left to do."""

    code: str
    title: str
    look: Callable[[Run], Seen | None]
    act: Callable[[Run], None]
    left_behind: str = ""
    """What is true, and safe or not, when the run stops in this step."""
    limit_seconds: float | None = None
    """How long the look after the act may take to see it; None: Waits.appear."""
    even_after_failure: bool = False
    """Wanted even when the point of no return failed half way: the AKS page asks for the rewrite even if the update
    failed. What fails between the two ends the run: a rewrite before the change was noted could never be proved."""
    point_of_no_return: bool = False
    """With it the cluster's KMS begins to change, whether it succeeds or not, unless the service refuses outright."""


@dataclass(frozen=True)
class Plan:
    """What a flow will do, step by step."""

    flow: str
    steps: tuple[Step, ...]
    keep: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Said with the preview: the point of no return, the outage to expect, the time it will take."""
    nothing_left: str = ""
    """Said in the notes' place where nothing is left to do."""
    question: str = ""
    """What the user is asked; empty: nothing to confirm."""
    typed: str = ""
    """The word that stands for yes, where a yes alone is too quickly said; empty: a yes is enough."""
    goes_on: bool = False
    """When all steps are done there is another look, and another plan after it."""
    picture: Picture | None = None
    """What the plan is made for, to be shown with it."""
    hand_over: tuple[tuple[str, str], ...] = ()
    """What somebody else has to do: in words, with the rights that it takes, and the command."""
    announced: bool = True
    """Whether others are told in the cluster that it is being changed."""
    then: str = ""
    """What is still to be done when all steps are done, by the same command run again; empty: nothing."""
    following: str = ""
    """When to run it again."""
    onward: str = ""
    """The command that goes on from here, once this one is done."""
    manifests: tuple[Manifest, ...] = ()
    """What it writes to the cluster, as data for those who read the plan."""


@dataclass
class Rewrite:
    """What the rewrite of the secrets came to. `proved` follows the rules of docs/proof.rst; `why` says it in words."""

    tally: Tally
    seconds: float
    proved: bool
    why: str
    under: str = ""
    """The key that was to be in force, or "off"; empty: whichever was."""


@dataclass
class Run:
    """One attempt to carry a plan out, or the continuation of one. Facts are the only channel between steps."""

    id: str
    target: ResourceId
    ports: Ports
    journal: RunJournal
    reporter: Reporter
    clock: Clock
    waits: Waits
    facts: dict[str, str] = field(default_factory=dict)
    rewrite: Rewrite | None = None
    proofs: dict[str, ProbeReport] = field(default_factory=dict)
    """What a node of each subnet saw that proves it; by the subnet's name."""
    still_ours: Callable[[], None] = field(default=lambda: None)
    """Asked before each act. Raises Conflict when a run on another machine has taken over."""
    serial: bool = False
    """One request after the other, in a fixed order: recordings need it."""

    @property
    def looking(self) -> Ports:
        """What a look asks through: nothing can be changed with it."""
        return read_only(self.ports)

    def __getitem__(self, fact: Fact[T]) -> T:
        """Raises MissingFact when no step has found it out yet, or when somebody spoiled it in the journal: then a look
        finds it out again."""
        if fact.name not in self.facts:
            raise MissingFact(fact.name)
        try:
            return fact.parse(self.facts[fact.name])
        except ValueError as error:  # BadInput is one
            raise MissingFact(fact.name) from error

    def __contains__(self, fact: Fact[Any]) -> bool:
        try:
            self[fact]
        except MissingFact:
            return False
        return True


def given(run: Run, what: Fact[T] | T) -> T:
    """A value known when the plan was made, or the one that a step before has found out. Raises MissingFact."""
    return run[what] if isinstance(what, Fact) else what
