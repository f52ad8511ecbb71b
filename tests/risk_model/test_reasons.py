import numpy as np
import pytest

from risk_model.reasons import ORDERS, QUICK_ORDERS, Inputs, contributions

FEATURES = ["recency_days", "overdue", "complaints_30"]


def test_contributions_sum_exactly_to_the_difference_from_the_average():
    rng = np.random.default_rng(0)
    mix, read = rng.normal(size=(3, 5)), rng.normal(size=(4, 5))

    def logit(behaviour, text, _wrote=None):
        return np.tanh(behaviour @ mix + text @ read).sum(1).astype(np.float32)  # not additive on purpose

    inputs = Inputs(*(rng.normal(size=shape).astype(np.float32) for shape in [(3,), (3,), (6, 4)]))
    [(factors, sentences)] = contributions([inputs], FEATURES, logit)
    own = logit(inputs.behaviour[None], inputs.words.sum(0)[None])[0]
    average = logit(inputs.average[None], np.zeros((1, 4)))[0]
    assert sum(factors.values()) + sentences.sum() == pytest.approx(own - average, abs=1e-4)


def test_an_additive_model_gives_each_player_exactly_its_own_part():
    inputs = Inputs(
        np.array([3.0, 1.0, 2.0], np.float32), np.ones(3, np.float32), np.array([[2.0], [-1.0]], np.float32)
    )
    [(factors, sentences)] = contributions(
        [inputs],
        FEATURES,
        lambda behaviour, text, _wrote: (behaviour @ [1.0, 10.0, 0.5] + text[:, 0]).astype(np.float32),
    )
    assert factors == pytest.approx({"overdue": 2.0, "complaints": 0.5})
    assert sentences.tolist() == pytest.approx([2.0, -1.0])


def test_who_wrote_nothing_gets_reasons_from_behaviour_alone():
    inputs = Inputs(np.ones(3, np.float32), np.zeros(3, np.float32), np.zeros((0, 4), np.float32))
    [(factors, sentences)] = contributions(
        [inputs], FEATURES, lambda behaviour, _text, _wrote: behaviour.sum(1)
    )
    assert sum(factors.values()) == pytest.approx(3)
    assert len(sentences) == 0


@pytest.mark.parametrize("orders", [QUICK_ORDERS, ORDERS])
def test_what_two_players_do_together_is_halved_between_them_however_few_the_orders(orders):
    def logit(behaviour, text, _wrote=None):
        return (behaviour[:, 0] * behaviour[:, 2] + 4 * behaviour[:, 1] * text[:, 0]).astype(np.float32)

    inputs = Inputs(
        np.array([3.0, 0.0, 2.0], np.float32), np.zeros(3, np.float32), np.array([[2.0], [5.0]], np.float32)
    )
    [(factors, sentences)] = contributions([inputs], FEATURES, logit, orders)
    assert factors == pytest.approx({"overdue": 3.0, "complaints": 3.0})
    assert sentences.tolist() == pytest.approx([0.0, 0.0])
