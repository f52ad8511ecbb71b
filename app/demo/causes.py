"""The causal numbers behind the demo shop's story, in one place; `world.py` draws what causes what."""

from dataclasses import dataclass
from math import exp


@dataclass(frozen=True, slots=True)
class Causes:
    """The planted causes. Rates are per week unless named otherwise; satisfaction runs from about -3 to 3.

    The story they tell: leaving is mostly dissatisfaction that has lasted, deeds show it late and faintly (the
    content pause too, and few trouble to complain formally), and words show it earlier, though not always.
    """

    # Who the customers are.
    chinese_share: float = 0.34
    gap_days: float = 22.0  # the usual days between two orders: log-normal around this
    gap_spread: float = 0.35
    gap_regularity: float = 1.6  # gamma shape: 1 is pure chance, large is a clock
    pause: float = 0.2  # gaps with days on top, whatever the mood: a full cupboard, a journey
    pause_shortest: float = 40.0
    pause_longest: float = 88.0
    basket: float = 34.0
    basket_spread: float = 0.4
    voiced_share: float = 0.92  # the others never write a word
    subscriber_share: float = 0.18
    habit_spread: float = 0.2  # habit keeps the angry and lets the content go: a shift of the log hazard

    # What happens to an order.
    late: float = 0.11
    broken: float = 0.05  # of the orders with something fragile
    wrong: float = 0.025
    cancelled: float = 0.01
    unhappy_return: float = 0.03
    slow_refund: float = 0.4  # of the returns
    mended: float = 0.6  # a complaint that is put right
    refused: float = 0.6  # of the others; the rest stay open
    complains: float = 0.4  # a troubled customer who says so

    # What satisfaction does on its own, and what shifts it.
    mood_mean: float = 0.4
    mood_spread: float = 1.0
    mood_pull: float = 0.02
    mood_noise: float = 0.15
    honeymoon: float = 1.5  # the new are more pleased than they will be; their own mood comes through slowly
    good_order: float = 0.15
    late_shift: float = -1.1
    broken_shift: float = -1.3
    wrong_shift: float = -1.1
    refund_shift: float = -0.9
    mended_shift: float = 1.2
    refused_shift: float = -1.2
    rival_rate: float = 0.015
    rival_shift: float = -1.0  # times price sensitivity, which averages 1

    # What satisfaction shows in.
    visits: float = 0.13
    visit_slope: float = 0.1
    put_off_slope: float = 3.0  # a due order waits `put_off_days`: even odds at `put_off_below`
    put_off_below: float = -0.6
    put_off_days: float = 14.0
    rival_look: float = -3.7  # logit of a visit to the price comparison, and its slope
    rival_look_slope: float = -1.0
    cancel: float = -4.5  # logit of ending a subscription, and its slope
    cancel_slope: float = -0.7
    text_slope: float = 0.9
    text_noise: float = 0.4
    off_tone: float = 0.14  # texts that do not say what their writer feels
    review_rate: float = 0.045  # of the orders of a voiced customer
    trouble_urge: float = 2.0  # times the review rate after trouble
    complaint_chat: float = 0.65  # complaints of the voiced that are chats
    rival_chat: float = 0.1
    grumble: float = 0.16  # the unhappy write unasked, and so before they go: the most it gets to, a week
    praise: float = 0.03  # so do the delighted
    speak_slope: float = 2.5
    unhappy_below: float = -0.7
    delighted_above: float = 1.2
    star_rate: float = 0.03  # ratings without a word, anyone's
    question_rate: float = 0.002

    # Leaving.
    leave_base: float = -4.4  # logit of the weekly hazard at satisfaction 0
    leave_slope: float = -2.5
    leave_silent: float = 0.001  # moved house, stopped drinking tea: no cause we could see
    comeback: float = 0.025  # of those who left silently: they were only away
    visits_after: float = 0.1
    cancel_on_leaving: float = 0.25
    farewell: float = 0.35

    # The randomised offer campaign.
    offer_days_ago: int = 150
    offer_accepted: float = 0.35
    offer_weeks: int = 10
    offer_factor: float = 0.6  # the hazard of leaving is multiplied by this while an accepted offer lasts


def logistic(logit: float) -> float:
    return 1.0 / (1.0 + exp(-logit))


def hazard(causes: Causes, satisfaction: float, habit: float, offer: float = 1.0) -> float:
    """The probability of leaving within this week; `offer` comes from `offer_effect`."""
    logit = causes.leave_base + causes.leave_slope * satisfaction - habit
    return min(1.0, (logistic(logit) + causes.leave_silent) * offer)


def offer_effect(causes: Causes, weeks_since_accepted: int | None) -> float:
    """What an accepted offer multiplies the weekly hazard by: `offer_factor` while it lasts, else 1."""
    if weeks_since_accepted is None or not 0 <= weeks_since_accepted < causes.offer_weeks:
        return 1.0
    return causes.offer_factor
