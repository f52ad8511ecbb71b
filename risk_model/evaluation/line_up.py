"""Who stands beside whom in a report."""

from risk_model.evaluation import baselines, networks, ours
from risk_model.evaluation.contender import Contender, Role

LOGISTIC = Contender("logistic regression", Role.BASELINE, baselines.logistic)
TREES = Contender("LightGBM", Role.BASELINE, baselines.trees)
TREES_WITH_TEXT = Contender("LightGBM with text", Role.BASELINE, baselines.trees_with_text, needs_texts=True)
# without texts ours is by behaviour alone, and one of them is enough
OURS_BY_BEHAVIOUR = Contender("ours, behaviour only", Role.PART, ours.behaviour_only, needs_texts=True)
OURS = Contender("ours", Role.OURS, ours.ours)
LINE_UP = (
    Contender("recency only", Role.BASELINE, baselines.recency_only),
    Contender("BG/NBD", Role.BASELINE, baselines.buy_till_you_die),
    LOGISTIC,
    TREES,
    TREES_WITH_TEXT,
    Contender("MLP 64-32-1", Role.BASELINE, networks.mlp),
    Contender("CNN over weeks", Role.BASELINE, networks.cnn),
    OURS_BY_BEHAVIOUR,
    Contender("ours, text only", Role.PART, ours.text_only, needs_texts=True),
    OURS,
)
