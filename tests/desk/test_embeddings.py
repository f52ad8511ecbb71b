import numpy as np
import pytest

from db.session import unit_of_work
from desk.embeddings import CachedEncoder, Reading


class CountingEncoder:
    version, dimensions = "v1", 4

    def __init__(self):
        self.read = []

    def encode(self, texts):
        self.read += texts
        return np.array([[len(text), 1, 2, 3] for text in texts], dtype=np.float32)


def test_a_text_is_encoded_once_and_remembered_across_encoders(engine):
    first, second = CountingEncoder(), CountingEncoder()
    texts = ["late again", "谢谢", "late again"]
    vectors = CachedEncoder(first, lambda: unit_of_work(engine)).encode(texts)
    again = CachedEncoder(second, lambda: unit_of_work(engine)).encode(texts)
    assert sorted(first.read) == ["late again", "谢谢"]
    assert second.read == []
    assert np.array_equal(vectors, again)
    assert vectors[:, 0].tolist() == [10, 2, 10]


def test_a_text_that_was_begun_is_encoded_once_and_remembered(engine):
    counting = CountingEncoder()
    encoder = CachedEncoder(counting, lambda: unit_of_work(engine))
    encoder.begin("late again")
    encoder.begin("late again")
    assert encoder.encode(["谢谢", "late again"])[:, 0].tolist() == [2, 10]
    assert sorted(counting.read) == ["late again", "谢谢"]
    CachedEncoder(counting, lambda: unit_of_work(engine)).begin("late again")
    assert len(counting.read) == 2, "what is remembered is not begun again"


def test_what_fails_in_a_text_that_was_begun_is_told_to_whoever_asks_for_it(engine):
    class Failing(CountingEncoder):
        def encode(self, texts):
            raise ValueError("no such token")

    encoder = CachedEncoder(Failing(), lambda: unit_of_work(engine))
    encoder.begin("late again")
    with pytest.raises(ValueError, match="no such token"):
        encoder.encode(["late again"])


def test_another_encoder_version_does_not_see_the_first_ones_vectors(engine):
    other = CountingEncoder()
    CachedEncoder(CountingEncoder(), lambda: unit_of_work(engine)).encode(["x"])
    other.version = "v2"
    CachedEncoder(other, lambda: unit_of_work(engine)).encode(["x"])
    assert other.read == ["x"]


def test_no_texts_give_an_empty_matrix(engine):
    assert CachedEncoder(CountingEncoder(), lambda: unit_of_work(engine)).encode([]).shape == (0, 4)


def test_an_interrupted_run_keeps_what_it_had_read(engine):
    class Failing(CountingEncoder):
        def encode(self, texts):
            if self.read:
                raise KeyboardInterrupt
            return super().encode(texts)

    texts = [str(number) for number in range(600)]
    with pytest.raises(KeyboardInterrupt):
        CachedEncoder(Failing(), lambda: unit_of_work(engine)).encode(texts)
    after = CountingEncoder()
    CachedEncoder(after, lambda: unit_of_work(engine)).encode(texts)
    assert 0 < len(after.read) < 600


def test_a_text_that_a_turn_has_read_is_at_hand_for_whoever_asks_next():
    class Counting:
        version, dimensions = "small-1", 2

        def __init__(self):
            self.read = []

        def encode(self, texts):
            self.read += texts
            return np.array([[len(text), 1] for text in texts], np.float32).reshape(-1, 2)

    encoder = Counting()
    reading = Reading(encoder)
    first = reading.encode(["one", "three", "one"])
    again = reading.encode(["three", "seventeen"])
    assert first[:, 0].tolist() == [3, 5, 3]
    assert again[:, 0].tolist() == [5, 9]
    assert encoder.read == ["one", "three", "seventeen"]
    assert reading.encode([]).shape == (0, 2)
