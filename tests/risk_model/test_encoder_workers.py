import numpy as np

from risk_model.encoder import Encoder


def test_many_workers_give_the_same_vectors_in_the_same_order(encoder, encoder_folder):
    texts = [f"Parcel {n} came {'late ' * (n % 30)}and 第 {n} 单还没到" for n in range(120)]
    together = Encoder.load(encoder_folder, workers=3).encode(texts)
    assert np.abs(together - encoder.encode(texts)).max() < 1e-5
