"""Asking for a person in one breath with something else, which the one intent of a message cannot say too."""

import re

_PERSON = (
    r"(?:an? |the |some |your )?(?:real |actual |live |human )*"
    r"(?:human|person|people|agent|someone|somebody|colleague|manager|supervisor|representative|operator|staff)\b"
)
_ENGLISH = (
    rf"(?<!n't want to )(?<!not want to )(?<!no need to )\b(?:talk|speak|chat) (?:to|with) {_PERSON}"
    r"|\b(?:want|need|like|have|get|let) (?:someone|somebody|a person|a human|an agent|a colleague|a manager) (?:to )?"
    r"(?:call|phone|ring|contact|help|write to) me\b"
    rf"|\b(?:put me through|transfer me|connect me|pass me) (?:on )?(?:to|with) {_PERSON}"
    r"|\b(?:call|phone|ring) me back\b"
)
_CHINESE = (
    r"(?<!不用)(?<!不要)(?<!不想)(?:转|接|找|换)(?:一?个|一下|你们)?(?:人工|真人|经理|主管)"
    r"|(?:让|叫|安排|请)(?:一?个)?(?:人|真人|客服|同事|经理|专人)(?:来)?(?:给我|跟我|联系我|打电话)"
    r"|(?<![没有人不])给我(?:回|打)一?个?电话|(?<![没有人不])回电话?给我"
)
_ASKED = re.compile(f"{_ENGLISH}|{_CHINESE}", re.IGNORECASE)


def asks_for_a_person(text: str) -> bool:
    """Whether these words ask for a person, whatever else they say."""
    return _ASKED.search(text) is not None
