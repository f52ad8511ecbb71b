"""Reasons in plain words, English and Chinese: "no order for 74 days; usual gap 21"."""

from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, float]
TONE_PRIOR, REPEATS_PRIOR = "tone_prior", "repeats_prior"
A_TURN = 0.25  # of a probability, within one conversation
TONES = {"dissatisfied": "dissatisfied", "leaving": "like leaving", "pleased": "pleased"}
TONES_ZH = {"dissatisfied": "不满", "leaving": "想离开", "pleased": "满意"}


def in_words(reason: Mapping[str, Any], language: str) -> str:
    """One line for one stored reason (`risk_model.risk.Reason` as a dict); an unknown language falls back to English."""
    if reason["kind"] == "text":
        return _quote(reason, language)
    values: Values = reason["values"]
    tell = (CHINESE if language == "zh" else ENGLISH).get(reason["factor"])
    return (
        tell(values) if tell else str(reason["factor"])
    )  # a factor of another model's version keeps its name


def _quote(reason: Mapping[str, Any], language: str) -> str:
    sources = {
        "zh": {"review": "评价", "chat": "聊天"},
        "en": {"review": "wrote in a review", "chat": "wrote in the chat"},
    }
    source = sources.get(language, sources["en"])[reason["source"]]
    told = f"{source}：「{reason['quote']}」" if language == "zh" else f"{source}: “{reason['quote']}”"
    return told + _tone(reason, language) if reason["factor"] == TONE_PRIOR else told


def _tone(reason: Mapping[str, Any], language: str) -> str:
    """What the tone was taken for, and that this was assumed, not learned from the shop's customers."""
    tone = max(reason["values"], key=reason["values"].__getitem__)
    if language == "zh":
        return f"（听起来{TONES_ZH[tone]}；预设，尚未由本店数据验证）"
    return f" (sounds {TONES[tone]}; assumed, not learned here)"


def _number(values: Values, name: str) -> str:
    return f"{values.get(name, 0):.0f}"


def _count(values: Values, name: str, one: str, many: str) -> str:
    """ "1 order", "3 orders"."""
    number = _number(values, name)
    return f"{number} {one if number == '1' else many}"


def _overdue_en(values: Values) -> str:
    if "recency_days" not in values:
        return "no order yet"
    gap = f"; usual gap {values['usual_gap_days']:.0f}" if "usual_gap_days" in values else "; only one so far"
    return f"no order for {_count(values, 'recency_days', 'day', 'days')}{gap}"


def _overdue_zh(values: Values) -> str:
    if "recency_days" not in values:
        return "还没有下过单"
    gap = (
        f"；平时间隔约 {values['usual_gap_days']:.0f} 天" if "usual_gap_days" in values else "；目前只有一单"
    )
    return f"已 {values['recency_days']:.0f} 天没有下单{gap}"


def _frequency_en(values: Values) -> str:
    return f"{_count(values, 'count_90', 'order', 'orders')} in 90 days, {_number(values, 'count_365')} in a year"


def _season_en(values: Values) -> str:
    if "year_ago" not in values:
        return "no customer yet a year ago"
    return f"a year ago, {_count(values, 'year_ago', 'order', 'orders')} in the three months that followed"


def _season_zh(values: Values) -> str:
    if "year_ago" not in values:
        return "一年前还不是顾客"
    return f"去年此后三个月内 {_number(values, 'year_ago')} 单"


def _visits_en(values: Values) -> str:
    return (
        f"{_count(values, 'visits_30', 'visit', 'visits')} in 30 days, {_number(values, 'visits_90')} in 90"
    )


def _complaints_en(values: Values) -> str:
    lately = _count(values, "complaints_30", "complaint", "complaints")
    return f"{lately} in 30 days, {_number(values, 'complaints_180')} in 180"


def _competitors_en(values: Values) -> str:
    return f"looked at competitors {_count(values, 'competitor_views_30', 'time', 'times')} in 30 days"


def _ratings_en(values: Values) -> str:
    if "rating_last" not in values:
        return "has rated nothing"
    return f"last rating {values['rating_last']:.0f} of 5, average {values['rating_mean']:.1f}"


def _ratings_zh(values: Values) -> str:
    if "rating_last" not in values:
        return "还没有打过分"
    return f"最近一次评分 {values['rating_last']:.0f} 分，平均 {values['rating_mean']:.1f} 分"


def _repeats_en(values: Values) -> str:
    asked = _asked(values)
    return (
        f"asked the same question {asked[0]} times within {asked[1]} days"
        if asked
        else "asked no question again"
    )


def _repeats_zh(values: Values) -> str:
    asked = _asked(values)
    return f"{asked[1]} 天内把同一个问题问了 {asked[0]} 次" if asked else "没有重复提问"


def _asked(values: Values) -> tuple[int, int] | None:
    """How often the newest question was asked with its last time, and within how many days; None for once."""
    for days in (7, 30):
        if again := round(values.get(f"repeats_{days}", 0)):
            return again + 1, days
    return None


def _sounded_en(label: str, how: str) -> Callable[[Values], str]:
    turns = "; more so by the end of the last chat", "; less so by the end of the last chat"
    return lambda v: (
        f"wrote {how} {_count(v, f'{label}_texts_30', 'time', 'times')} in 30 days{_turn(v, label, *turns)}"
    )


def _sounded_zh(label: str, how: str) -> Callable[[Values], str]:
    turns = "；上次聊天到最后更加明显", "；上次聊天到最后有所减弱"
    return lambda v: f"30 天内 {_number(v, f'{label}_texts_30')} 次{how}{_turn(v, label, *turns)}"


def _turn(values: Values, label: str, rose: str, fell: str) -> str:
    """Which way the last conversation went, where it went anywhere."""
    moved = values.get(f"{label}_course", 0)
    return rose if moved >= A_TURN else fell if moved <= -A_TURN else ""


ENGLISH: dict[str, Callable[[Values], str]] = {
    "overdue": _overdue_en,
    "frequency": _frequency_en,
    "season": _season_en,
    "spending": lambda v: f"spent {_number(v, 'value_90')} in 90 days, {_number(v, 'value_365')} in a year",
    "tenure": lambda v: f"customer for {_count(v, 'tenure_days', 'day', 'days')}",
    "visits": _visits_en,
    "returns": lambda v: f"{_count(v, 'returns_180', 'return', 'returns')} in 180 days",
    "complaints": _complaints_en,
    "competitors": _competitors_en,
    "subscription": lambda v: (
        "cancelled a subscription" if v.get("cancelled_180") else "cancelled no subscription"
    ),
    "ratings": _ratings_en,
    "course": lambda _v: "what was done lately, in which order and how fast",
    "writing": lambda v: f"wrote {_count(v, 'texts_30', 'time', 'times')} in 30 days",
    "dissatisfied": _sounded_en("dissatisfied", "in anger"),
    "leaving": _sounded_en("leaving", "like someone leaving"),
    "pleased": _sounded_en("pleased", "in praise"),
    "repeats": _repeats_en,
    REPEATS_PRIOR: lambda v: f"{_repeats_en(v)} (assumed to matter, not learned here)",
}
CHINESE: dict[str, Callable[[Values], str]] = {
    "overdue": _overdue_zh,
    "frequency": lambda v: f"90 天内 {_number(v, 'count_90')} 单，一年内 {_number(v, 'count_365')} 单",
    "season": _season_zh,
    "spending": lambda v: f"90 天内消费 {_number(v, 'value_90')}，一年内 {_number(v, 'value_365')}",
    "tenure": lambda v: f"成为顾客已 {_number(v, 'tenure_days')} 天",
    "visits": lambda v: f"30 天内访问 {_number(v, 'visits_30')} 次，90 天内 {_number(v, 'visits_90')} 次",
    "returns": lambda v: f"180 天内退货 {_number(v, 'returns_180')} 次",
    "complaints": lambda v: (
        f"30 天内投诉 {_number(v, 'complaints_30')} 次，180 天内 {_number(v, 'complaints_180')} 次"
    ),
    "competitors": lambda v: f"30 天内看过 {_number(v, 'competitor_views_30')} 次竞品",
    "subscription": lambda v: "取消了订阅" if v.get("cancelled_180") else "没有取消订阅",
    "ratings": _ratings_zh,
    "course": lambda _v: "最近行为的先后与快慢",
    "writing": lambda v: f"30 天内写了 {_number(v, 'texts_30')} 条",
    "dissatisfied": _sounded_zh("dissatisfied", "言语不满"),
    "leaving": _sounded_zh("leaving", "流露去意"),
    "pleased": _sounded_zh("pleased", "表示满意"),
    "repeats": _repeats_zh,
    REPEATS_PRIOR: lambda v: f"{_repeats_zh(v)}（预设有影响，尚未由本店数据验证）",
}
