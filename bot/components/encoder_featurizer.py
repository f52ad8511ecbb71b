"""The sentence vector of Stayline's one encoder, as a feature for Rasa's intent classifier."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.intent_classifier import PARTS
from components.plain_form import plain_form
from components.sentences import readings_of
from components.spelling import Spelling
from risk_model.encoder import Encoder, Manifest

KEPT_FILE = "kept.json"
Vectors = npt.NDArray[np.float32]


class EncoderFolderUnknown(RasaException):
    """The configuration does not lead to a folder."""

    def __init__(self, configured: str) -> None:
        super().__init__(
            f"The encoder's folder should be an absolute path and is {configured!r}: "
            "set STAYLINE_ENCODER_DIR to the folder of the built encoder."
        )


class EncoderChanged(RasaException):
    """The bot was trained on the vectors of another encoder."""

    def __init__(self, trained_with: str, loaded: str) -> None:
        super().__init__(
            f"The bot was trained with encoder {trained_with} and the folder holds {loaded}: "
            "train the bot again, or give it the encoder it was trained with."
        )


class FeaturizerUntrained(RasaException):
    """Vectors were asked for before any training."""

    def __init__(self) -> None:
        super().__init__("The encoder featurizer has no centre yet: train the bot first.")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class EncoderFeaturizer(DenseFeaturizer, GraphComponent):
    """Gives each text, in its plain form and spelt as the training texts are, `scale * (vector - centre)`: the centre
    is the mean of the training texts.

    An encoder's vectors may all lie in one narrow cone (those of e5 do), where a regularised classifier
    hardly tells them apart; centred and stretched, it does. The encoder itself stays outside the trained
    model, which only keeps its version and refuses any other.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return []

    @staticmethod
    def required_packages() -> list[str]:
        """None by name: Rasa asks for pip names equal to module names, or training dies."""
        return []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        # Without braces, or Rasa would put this machine's folder into the trained model.
        return {
            **DenseFeaturizer.get_default_config(),
            "encoder": "$STAYLINE_ENCODER_DIR",
            "scale": 10.0,
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        scale = config.get("scale", 1.0)
        if not isinstance(scale, (int, float)) or scale <= 0:
            raise RasaException(f"The featurizer's scale should be a number above 0 and is {scale!r}.")

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The encoder's version, so that a new encoder means a new training."""
        return Manifest.read(encoder_folder(config)).version

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EncoderFeaturizer:
        """A featurizer to be trained; raises EncoderFolderUnknown or the encoder's own errors."""
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EncoderFeaturizer:
        """A trained featurizer; raises EncoderChanged when its encoder is not the one of the training."""
        featurizer = cls(config, execution_context.node_name, model_storage, resource)
        featurizer._restore()
        return featurizer

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
    ) -> None:
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._scale = float(config["scale"])
        self._folder = encoder_folder(config)
        self._encoder = loaded_encoder(self._folder)
        self._centre: Vectors | None = None
        self._spelling: Spelling | None = None

    def train(self, training_data: TrainingData) -> Resource:
        """Finds the centre and the words of the training texts and keeps them with the encoder's version."""
        texts = tuple(text for message in training_data.training_examples if (text := message.get(TEXT)))
        self._centre = training_vectors(self._folder, texts).mean(axis=0)
        self._spelling = Spelling.of(map(plain_form, texts), self._encoder.is_common_word)
        self._keep()
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds the sentence features for the classifier to learn from."""
        with_text = [message for message in training_data.training_examples if message.get(TEXT)]
        texts = tuple(message.get(TEXT) for message in with_text)
        self._add_features(with_text, training_vectors(self._folder, texts))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the sentence feature to every message that has a text, and what its parts say by themselves."""
        with_text = [message for message in messages if message.get(TEXT)]
        texts = [list(map(self._spelt, readings_of(message.get(TEXT)))) for message in with_text]
        self._add_features(with_text, self._encoder.encode([whole for whole, *_ in texts]))
        for message, (_, *parts) in zip(with_text, texts, strict=True):
            if parts:  # by themselves: beside the whole, each would be padded to its length
                message.set(PARTS, self._scale * (self._encoder.encode(parts) - self._centre))
        return messages

    def _spelt(self, plain_text: str) -> str:
        if self._spelling is None:
            raise FeaturizerUntrained()
        return self._spelling.corrected(plain_text)

    def _add_features(self, messages: list[Message], vectors: Vectors) -> None:
        """**Shape** N messages, (N, D)"""
        if self._centre is None:
            raise FeaturizerUntrained()
        for message, vector in zip(messages, self._scale * (vectors - self._centre), strict=True):
            message.add_features(
                Features(
                    vector[np.newaxis],
                    FEATURE_TYPE_SENTENCE,
                    TEXT,
                    self._config[FEATURIZER_CLASS_ALIAS],
                )
            )

    def _keep(self) -> None:
        kept = {
            "encoder": self._encoder.version,
            "centre": [float(x) for x in self._centre],
            "words": self._spelling.counts,
        }
        with self._model_storage.write_to(self._resource) as folder:
            (folder / KEPT_FILE).write_text(json.dumps(kept), encoding="utf-8")

    def _restore(self) -> None:
        with self._model_storage.read_from(self._resource) as folder:
            kept = json.loads((folder / KEPT_FILE).read_text(encoding="utf-8"))
        if kept["encoder"] != self._encoder.version:
            raise EncoderChanged(kept["encoder"], self._encoder.version)
        self._centre = np.array(kept["centre"], np.float32)
        self._spelling = Spelling(kept["words"], self._encoder.is_common_word)


def encoder_folder(config: dict[str, Any]) -> Path:
    """The folder that the configuration names, with environment variables filled in as of now."""
    configured = os.path.expandvars(config["encoder"])
    folder = Path(configured)
    if not folder.is_absolute():
        raise EncoderFolderUnknown(configured)
    return folder


@lru_cache(maxsize=1)
def loaded_encoder(folder: Path) -> Encoder:
    """The encoder of a folder, loaded once a process: training makes this component several times."""
    return Encoder.load(folder, precision="fp32")  # the only one that its environment can compute


@lru_cache(maxsize=1)
def training_vectors(folder: Path, texts: tuple[str, ...]) -> Vectors:
    """The vectors of all training texts, computed once although two steps of a training ask for them."""
    return loaded_encoder(folder).encode([plain_form(text) for text in texts])
