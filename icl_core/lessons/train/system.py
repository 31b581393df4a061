"""What can be trained in the lesson: what each system says of itself."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

from icl_core.analysis.loss import LossSummary
from icl_core.checkpoints import Checkpoint
from icl_core.lessons.shared.matrices import Rows
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame, Saved
from icl_core.models.predictor import Model

Measured = Mapping[str, LossSummary]


class System(ABC):
    """One entry of `systems.SYSTEMS`. loss: the name of its losses on an axis; weights: the title
    of its matrices; open_ended: whether it goes on until nothing is gained, so that nobody knows
    beforehand how many updates it takes."""

    loss: str
    weights: str
    open_ended: bool = False

    @abstractmethod
    def frames(self, config: Train, seconds: float, saved: Saved | None = None) -> Iterator[Frame]:
        """The training, in so many seconds at most; of a saved one, what came after it, and the
        whole where that is of no use."""

    @abstractmethod
    def measured(self, config: Train, model: Model) -> dict[str, LossSummary]:
        """Losses by layer on fresh prompts, of the model ("model") and of what it is compared
        with."""

    @abstractmethod
    def checkpoint(
        self, config: Train, frame: Frame, metrics: dict[str, float]
    ) -> Checkpoint[Model]:
        """The finished model as a file of the zoo's format."""

    @abstractmethod
    def levels(self, config: Train) -> dict[str, float]:
        """Losses to compare a run with, by method."""

    @abstractmethod
    def matrices(self, config: Train, frame: Frame) -> Rows:
        """The weights of a frame as panels."""

    @abstractmethod
    def finding(self, config: Train, measured: Measured) -> str:
        """How good the trained model is."""

    @abstractmethod
    def name(self, config: Train) -> str:
        """What is trained."""

    @abstractmethod
    def file_name(self, config: Train) -> str:
        """Of the trained model."""

    @abstractmethod
    def style(self, config: Train) -> str:
        """The row of the style table that the model is drawn with."""
