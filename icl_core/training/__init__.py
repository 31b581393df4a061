"""Training linear transformers: `train(task, config)` is a generator of snapshots.

`train_together` trains several problems side by side.
"""

from icl_core.training.config import TrainingConfig
from icl_core.training.run import Snapshot, train, train_together

__all__ = ["Snapshot", "TrainingConfig", "train", "train_together"]
