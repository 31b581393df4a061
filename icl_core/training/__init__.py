"""Training: one loop for every kind of model (`loop`), and what is trained by it.

`train_in_rounds(task, recipe_for(task))` explores many starts and refines the best, round after
round, until nothing is gained. `train(task, config)` is one such round, with which the shipped
models were made; `Exploration` does it for several tasks side by side. `run(trainee, config)`
trains one model by the plain loop, `Plain` linear transformers by Adam, Muon or as paper 2 does.
"""

from icl_core.training.config import RunConfig, TrainingConfig
from icl_core.training.loop import Snapshot, State, Trainee, run
from icl_core.training.plain import Plain, train_any, trainer_of
from icl_core.training.plain_config import PlainConfig
from icl_core.training.plateau import recipe_for
from icl_core.training.rounds import Rounds, RoundsProgress, train_in_rounds
from icl_core.training.saving import load_run, save_run
from icl_core.training.strategy import Exploration, Progress, train
from icl_core.training.validation import Validated
