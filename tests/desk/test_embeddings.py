import numpy as np
import pytest

from db.session import unit_of_work
from desk.embeddings import CachedEncoder


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
