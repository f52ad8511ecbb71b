"""What is said when a decision cares for a customer: what went wrong first, then help. English and Chinese.

Nothing here asks anybody to stay, and nothing claims more than the customer told: a kind of trouble is named as they
named it, and a sentence read back is theirs.
"""

from desk.hearing import Heard
from desk.trouble_words import Trouble

Words = dict[str, str]

ACKNOWLEDGED: dict[str, Words] = {
    "en": {
        Trouble.WRONG_ITEM: "You ordered one thing and got another: that should not have happened.",
        Trouble.BROKEN: "Something that is broken or does not work is not what you paid for.",
        Trouble.REFUND: "You should not have to run after your own money.",
        Trouble.RUDE: "You were not treated the way you should be, and that matters to us.",
        Trouble.LATE: "Your order keeps you waiting, and you are the one who has to ask: that should be the other way round.",
        Trouble.WAITING: "You have waited for an answer longer than anybody should.",
        Trouble.PRICE: "You find that you pay too much here, and it is good that you say so.",
        Trouble.OTHER: "I can see that things have not gone as they should.",
    },
    "zh": {
        Trouble.WRONG_ITEM: "您订的是一样，收到的却是另一样，这本不该发生。",
        Trouble.BROKEN: "东西坏了、用不了，这不是您花钱该得到的。",
        Trouble.REFUND: "自己的钱还要您追着要，这不应该。",
        Trouble.RUDE: "您没有得到应有的对待，这件事我们很在意。",
        Trouble.LATE: "让您一直等货，还得您来问，本该是我们主动告诉您。",
        Trouble.WAITING: "让您等一个答复等了这么久，谁遇到都不该这样。",
        Trouble.PRICE: "您觉得在这里买贵了，谢谢您直说。",
        Trouble.OTHER: "看得出来这次没有让您满意。",
    },
}
WORDS: dict[str, Words] = {
    "en": {
        "quote": "You wrote: “{quote}” I don't want to pass over that.",
        "help": "I want to help put it right: tell me what you need most, or let a colleague take over.",
        "asked_again": "You have asked me this {times} times now, so my answers were not the help you needed. Tell me what "
        "is still open, or let a colleague take over.",
        "open_ear": "And if something has not been as you expected lately, tell me or a colleague: it will be read.",
        "handover": "I have asked a colleague to look at it personally; they will answer here.",
        "handover_calm": "I have also asked a colleague to look in on you personally; they will answer here.",
        "person_comes": "The colleague who joins sees that too.",
        "again_1": "You told me this before, and the same answer once more does not help you. Shall a colleague take it on?",
        "again_2": "I have nothing newer for you, and I would rather not say the same again. A colleague can look further "
        "than I can.",
        "again_open_1": "A colleague has been asked already and sees what you just wrote; you need not repeat it.",
        "again_open_2": "This is with the colleague as well. I have nothing newer to add myself, and I don't want to send "
        "you in circles.",
    },
    "zh": {
        "quote": "您写道：“{quote}”这句话我不想就这么略过。",
        "help": "我想帮您把事情处理好：请告诉我您最需要什么，也可以让同事接手。",
        "asked_again": "这个问题您已经问了 {times} 次，说明我的回答没有帮到您。请告诉我还有哪里不清楚，也可以让同事接手。",
        "open_ear": "另外，最近如果有什么没让您满意，请告诉我或我的同事，我们会认真看。",
        "handover": "我已请同事亲自跟进，会在这里回复您。",
        "handover_calm": "我还请了一位同事亲自来关注您的情况，会在这里回复您。",
        "person_comes": "接手的同事也会看到这一点。",
        "again_1": "这件事您之前已经说过，再重复一遍同样的回答帮不到您。要不要让同事来处理？",
        "again_2": "我这边没有更新的消息，不想再说一遍同样的话。同事能查得更深入。",
        "again_open_1": "已经请了同事，他能看到您刚写的内容，您不用再说一遍。",
        "again_open_2": "这一条同事也会看到。我自己没有更新的消息可以补充，不想让您来回兜圈子。",
    },
}


def care(heard: Heard, language: str, care_after_asked: int, *, case_open: bool = False) -> str:
    """The care message: what went wrong, where anything was told, and then help."""
    if heard.lately is not None:
        last = _say("again_open_1" if case_open else "help", language)
        return f"{_acknowledged(heard, language)}{_gap(language)}{last}"
    if heard.times_asked >= care_after_asked:
        return asked_again(heard, language, case_open=case_open)
    return _say("open_ear", language)


def asked_again(heard: Heard, language: str, *, case_open: bool) -> str:
    """For who asked the same again and again."""
    if case_open:
        return _say("again_open_1", language)
    return _say("asked_again", language, times=str(heard.times_asked))


def handover(heard: Heard, language: str, *, person_asked: bool = False) -> str:
    """That a colleague was asked. `person_asked`: the answer just said so itself, because the customer asked for one."""
    if heard.lately is None:
        return "" if person_asked else _say("handover_calm", language)
    last = _say("person_comes" if person_asked else "handover", language)
    return f"{_acknowledged(heard, language)}{_gap(language)}{last}"


def again(heard: Heard, language: str, *, case_open: bool) -> str:
    """For who complains of the same once more, in other words than the turn before."""
    number = 1 if heard.in_a_row % 2 == 0 else 2
    return _say(f"again_open_{number}" if case_open else f"again_{number}", language)


def _acknowledged(heard: Heard, language: str) -> str:
    if heard.quote:
        return _say("quote", language, quote=heard.quote)
    assert heard.lately is not None
    return ACKNOWLEDGED.get(language, ACKNOWLEDGED["en"])[heard.lately]


def _gap(language: str) -> str:
    return "" if language == "zh" else " "


def _say(key: str, language: str, **facts: str) -> str:
    return WORDS.get(language, WORDS["en"])[key].format(**facts)
