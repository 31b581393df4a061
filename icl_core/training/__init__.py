"""Training: one loop for every kind of model (`loop`), and what is trained by it.

`train(task, config)` explores many starts and refines the best, `Exploration` does so for
several tasks side by side. `run(trainee, config)` trains one model by the plain loop.
"""

from icl_core.training.config import RunConfig, TrainingConfig
from icl_core.training.loop import Snapshot, State, Trainee, run
from icl_core.training.saving import load_run, save_run
from icl_core.training.strategy import Exploration, Progress, train
from icl_core.training.validation import Validated
