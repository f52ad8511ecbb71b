"""What a practitioner would try first: recency alone, logistic regression, gradient-boosted trees, BG/NBD."""

from collections.abc import Callable

import lightgbm
import numpy as np
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from risk_model.bg_nbd import BuyingModel
from risk_model.evaluation.cases import Cases, Known
from risk_model.evaluation.contender import Predict
from risk_model.examples import Floats
from risk_model.features import FEATURES

RECENCY = FEATURES.index("recency_days")
TREES = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_child_samples": 40,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "num_threads": 1,
    "deterministic": True,
    "verbosity": -1,
}
MOST_TREES, PATIENCE = 1000, 50
TEXT_COMPONENTS = 16


def signed_log(values: Floats) -> Floats:
    """log(1 + |x|) with the sign of x: counts and money have long tails."""
    squeezed: Floats = np.sign(values) * np.log1p(np.abs(values))
    return squeezed


def scaling() -> Pipeline:
    """Raw features to numbers around 0, with an indicator beside each that can be missing."""
    return make_pipeline(
        FunctionTransformer(signed_log),
        SimpleImputer(add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )


def recency_only(known: Known, _seed: int) -> Predict:
    """Logistic regression on days since the last anchor event: the longer away, the likelier gone."""
    model = make_pipeline(scaling(), LogisticRegression()).fit(_recency(known.cases), known.cases.left)
    return lambda cases: _probability(model, _recency(cases))


def logistic(known: Known, _seed: int) -> Predict:
    """Logistic regression on all behaviour features."""
    model = make_pipeline(scaling(), LogisticRegression(max_iter=2000))
    model.fit(known.cases.examples.behaviour, known.cases.left)
    return lambda cases: _probability(model, cases.examples.behaviour)


def trees(known: Known, seed: int) -> Predict:
    """LightGBM on all behaviour features, stopped by the held-back customers."""
    return _boosted(known, seed, lambda cases: cases.examples.behaviour)


def trees_with_text(known: Known, seed: int) -> Predict:
    """LightGBM on the behaviour features and the first principal components of the pooled text."""
    examples = known.cases.examples
    written = examples.text[examples.has_text[:, 0] > 0]
    components = PCA(min(TEXT_COMPONENTS, *written.shape), random_state=seed).fit(written)

    def ready(cases: Cases) -> Floats:
        silent = cases.examples.has_text == 0
        words = np.where(silent, np.nan, components.transform(cases.examples.text))
        return np.hstack([cases.examples.behaviour, words]).astype(np.float32)

    return _boosted(known, seed, ready)


def buy_till_you_die(known: Known, _seed: int) -> Predict:
    """BG/NBD on everyone's purchases by the cut-off; it needs no labels. Where too few came back to fit it, one
    number for everybody.
    """
    model = BuyingModel.fit(known.purchases, known.horizon_days)
    if model is None:
        share = float(known.cases.left.mean())
        return lambda cases: np.full(len(cases), share, dtype=np.float32)
    return lambda cases: model.leaves(cases.purchases).astype(np.float32)


def _boosted(known: Known, seed: int, ready: Callable[[Cases], Floats]) -> Predict:
    train, held = known.cases.split()
    data = lightgbm.Dataset(ready(train), train.left)
    model = lightgbm.train(
        {**TREES, "seed": seed},
        data,
        MOST_TREES,
        valid_sets=[lightgbm.Dataset(ready(held), held.left, reference=data)],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    return lambda cases: np.asarray(model.predict(ready(cases)), dtype=np.float32)


def _recency(cases: Cases) -> Floats:
    return cases.examples.behaviour[:, [RECENCY]]


def _probability(model: Pipeline, features: Floats) -> Floats:
    probability: Floats = model.predict_proba(features)[:, 1].astype(np.float32)
    return probability
