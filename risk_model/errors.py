"""What can go wrong between a history and its risk.

    RiskModelError
    ├── EncoderMissing      no encoder where one was expected
    ├── EncoderRefused      an encoder that must not be used
    ├── ModelMissing        no churn model where one was expected
    ├── ModelRefused        a churn model that must not be used
    ├── ToneRefused         a tone model that must not be used
    └── NothingToLearn      data that holds no lesson
        └── TooFewCustomers

Each is one clear sentence: what was expected, what came, what to do.
"""

from pathlib import Path


class RiskModelError(Exception):
    """Root of the tree; catch it to catch them all."""


class EncoderMissing(RiskModelError):
    """There is no encoder, or not the weights to build one from."""

    def __init__(self, sought: Path | str, remedy: str = "build one with build_encoder()") -> None:
        super().__init__(f"No encoder found in {sought}: {remedy}.")


class EncoderRefused(RiskModelError):
    """There is an encoder, but it is damaged, foreign or wrong."""

    def __init__(self, where: Path | str, reason: str, remedy: str = "build it again") -> None:
        super().__init__(f"The encoder at {where} is refused: {reason}; {remedy}.")


class ModelMissing(RiskModelError):
    """There is no churn model in the folder."""

    def __init__(self, folder: Path | str) -> None:
        super().__init__(f"No churn model found at {folder}: train one first.")


class ModelRefused(RiskModelError):
    """There is a churn model, but it is damaged, foreign or wrong."""

    def __init__(self, folder: Path | str, reason: str) -> None:
        super().__init__(f"The churn model at {folder} is refused: {reason}; train it again.")


class ToneRefused(RiskModelError):
    """The tone model is damaged, or there is not the encoder that it reads with."""

    def __init__(self, where: Path | str, reason: str, remedy: str = "install Stayline again") -> None:
        super().__init__(f"The tone model at {where} is refused: {reason}; {remedy}.")


class NothingToLearn(RiskModelError):
    """The data given for training holds no lesson."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"There is nothing to learn: {reason}.")


class TooFewCustomers(NothingToLearn):
    """Fewer customers than training needs."""

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(f"training needs at least {needed} customers and found {found}")
