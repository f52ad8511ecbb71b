"""Rasa's classifier, which reads the sentences of a message besides the whole of it."""

from __future__ import annotations

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message

from components.sentences import INFORM, Chances, wanted

# A message's attribute: what the classifier reads for each of its parts, of shape (P, D). Never part of an answer.
PARTS = "part_features"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SentenceIntentClassifier(LogisticRegressionClassifier):
    """Learns as Rasa's own does. A message whose featurizer found parts in it gets the chances that `wanted` tells."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the likeliest intent and the ranking of all on each message."""
        if not messages:
            return messages
        for message, whole in zip(messages, self.clf.predict_proba(self._create_X(messages)), strict=True):
            self._rank(message, self._with_parts(message, whole))
        return messages

    def _with_parts(self, message: Message, whole: Chances) -> Chances:
        parts, names = message.get(PARTS), list(self.clf.classes_)
        if parts is None or INFORM not in names:
            return whole
        return wanted(whole, self.clf.predict_proba(parts), names.index(INFORM))

    def _rank(self, message: Message, chances: Chances) -> None:
        names = self.clf.classes_
        ranking = [
            {INTENT_NAME_KEY: str(names[place]), PREDICTED_CONFIDENCE_KEY: float(chances[place])}
            for place in np.argsort(-chances, kind="stable")
        ]
        message.set(INTENT, ranking[0], add_to_output=True)
        shown = self.config["ranking_length"]
        message.set("intent_ranking", ranking[:shown] if shown > 0 else ranking, add_to_output=True)
