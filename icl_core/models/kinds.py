"""Every kind of model that a checkpoint can hold; a new kind is a `Model` and its place here."""

from collections.abc import Mapping

from icl_core.models.blocks import BlockTransformer
from icl_core.models.copying import CopyingTransformer
from icl_core.models.factored import FactoredTransformer
from icl_core.models.features import FeatureTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.models.predictor import Model

KINDS: Mapping[str, type[Model]] = {
    model.kind: model
    for model in (
        LinearTransformer,
        FactoredTransformer,
        BlockTransformer,
        CopyingTransformer,
        FeatureTransformer,
    )
}
