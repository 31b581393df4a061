"""Training linear transformers: `train(task, config)` is a generator of snapshots."""

from icl_core.training.config import TrainingConfig
from icl_core.training.run import Snapshot, train

__all__ = ["Snapshot", "TrainingConfig", "train"]
