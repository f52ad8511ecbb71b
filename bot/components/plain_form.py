"""A message as the classifier sees it, without what says nothing about the wish."""

import re

# An order number, an invoice number, a phone number: letters in front, four digits or more.
LONG_NUMBER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}[-#]?[0-9][0-9-]{3,}(?![A-Za-z0-9])")
ANY_NUMBER = "1234"
PICTURES = re.compile("[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]+")
LOUD = re.compile("[?？!！]{2,}")
CLOSING = " .!。！"
# What people say before and after a wish. A greeting or thanks that stand alone are a wish of their own.
BEFORE = re.compile(
    r"^(?:(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day))(?: there| all| team| guys)?(?:[,.!:;]\s*|\s+)"
    r"|excuse me(?:[,.!]\s*|\s+)|(?:please|pls|plz)[,.]?\s+"
    r"|(?:can|could) (?:you|someone|anyone|somebody) (?:please )?help(?: me)?(?: please)?[?.!:]\s+"
    r"|dear (?:team|all|sir or madam)[,.!]\s*|sorry to bother you[,.]?\s+(?:but )?|(?:a )?quick question[,.!:]\s*"
    r"|(?:你好|您好|嗨|哈喽|喂|那个)[,，.。!！\s]+|请问(?:一下|下)?[,，\s]*|我?想?(?:问|咨询|请教)一?下[,，\s]+"
    r"|(?:麻烦|请)?[您你]?(?:帮我|帮忙)[看查]一?下[,，\s]+)+(?!(?:there|all|team|guys)\b)(?=\w)"
)
GAP = r"(?<![\s,.!?，。！？])[\s,.!?，。！？]+"  # all of it, so that a page of exclamation marks is read once
PLEASE = re.compile(GAP + r"(?:please|pls|plz|asap|拜托了?|麻烦了|麻烦[您你]了?)[\s.!?。！？]*$")
THANKS = re.compile(
    GAP + r"(?:(?:many )?(?:thanks|thx|cheers|thank you|ty)(?: (?:so|very) much| a lot| in advance)?"
    r"|(?:谢谢|多谢|感谢)[您你了啦]*)[\s.!?。！？~～]*$"
)
WORD = re.compile("[\u3400-\u9fff]|[^\\W\u3400-\u9fff]+")
# So many words must be left, a Chinese sign counting as one: "hello, anybody there" is a greeting, "ok that helped,
# thanks" is thanks, "yes please" is a yes.
LEFT_BEHIND = {BEFORE: 4, THANKS: 6, PLEASE: 3}


def plain_form(text: str) -> str:
    """The text in lower case, without its last full stop, without pictures, without courtesies before and after a wish,
    and with one number in place of every long one.

    Who shouts or frowns wants the same as who does not, who is polite the same as who is not, and every shop writes its
    order numbers in its own way; the encoder takes all of them for a difference in meaning. A text of nothing but these
    stays.
    """
    quiet = LOUD.sub(_one_sign, PICTURES.sub(" ", text))
    told = LONG_NUMBER.sub(ANY_NUMBER, quiet).lower().strip()
    return _wish(told).rstrip(CLOSING) or told.rstrip(CLOSING) or text


def _one_sign(signs: re.Match[str]) -> str:
    """ "???" asks no more than "?"."""
    return next((sign for sign in signs[0] if sign in "?？"), signs[0][0])


def _wish(text: str) -> str:
    """Without courtesies, as long as enough is left to be a wish."""
    for courtesy, least in LEFT_BEHIND.items():
        rest = courtesy.sub("", text, count=1)
        if len(WORD.findall(rest)) >= least:
            text = rest
    return text
