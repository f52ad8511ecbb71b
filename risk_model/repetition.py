"""The same question asked again and again, in whatever words: who asks so was not helped, and may give up.

Two texts are alike by the cosine of their vectors less the encoder's mean (e5's lie close together without that).
Around the newest question as many of the last ones are gathered as keep the mean likeness of all pairs at `ALIKE`,
none of which fits the others less than `FITS`: one chance likeness makes no question asked again. An order ends what
was asked before it. `tests/risk_model/repeated_questions.tsv` is what the two were chosen on, and what they are
measured on: three paraphrases in a chat of five questions are found in 7 of 10 chats, five different questions taken
for one in 1 of 100. They belong to e5-small; with another encoder nothing is said.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from risk_model.texts import Vectors
from risk_model.tone.network import shipped

ALIKE = 0.48  # of all pairs of a group, on average
FITS = 0.43  # of one to the group it joins, on average: two that are equal carry no third one in
LAST_ASKED = 8  # before the newest; more of them would be alike by chance

# What anybody says several times in a chat without asking for anything. The other words of a chat count.
_PLEASANTRIES = re.compile(
    r"(hi|hello|hey|dear|there|good|morning|afternoon|evening|day|night|thanks?|thank|you|u|very|so|much|a|lot|many|"
    r"for|the|your|help|ok|okay|k|yes|yeah|yep|no|nope|not|please|pls|sure|fine|great|perfect|right|all|got|it|i|see|"
    r"understood|bye|goodbye|cheers|ta|and|again|that|is|that's|it's)",
    re.IGNORECASE,
)
_PLEASANTRIES_ZH = re.compile(
    r"(你好|您好|哈喽|嗨|在吗|在么|早上好|早安|上午好|下午好|晚上好|晚安|谢谢|多谢|感谢|谢了|辛苦了|辛苦|麻烦了|好的|好|嗯|哦|"
    r"噢|行|可以|可以的|没问题|是的|是|对|对的|不是|不用了|不用|没有|没事|再见|拜拜|明白了|明白|知道了|收到|了解|您|你|啊|吧|呢|哈|了|的|"
    r"非常|太|们)+"
)


def asks(text: str) -> bool:
    """Whether a message says something at all: a greeting, thanks, a yes or a number said twice is no question."""
    if re.search(r"[\u4e00-\u9fff]", text):
        return bool(re.sub(r"[\W\d_]+", "", _PLEASANTRIES_ZH.sub("", text)))
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text)
    return len(words) >= 2 and any(not _PLEASANTRIES.fullmatch(word) for word in words)


def last_questions(texts: Sequence[str]) -> list[int]:
    """Which of the texts, the oldest first, are the newest question and those before it that it is compared with: the
    newest first.
    """
    found: list[int] = []
    for number in reversed(range(len(texts))):
        if asks(texts[number]):
            found.append(number)
        if len(found) > LAST_ASKED:
            break
    return found


def group(vectors: Vectors) -> list[int]:
    """Which of the vectors (N, D) ask what the first one asks, the first included: as many of those that fit it best as
    keep the mean likeness of all pairs at `ALIKE`.
    """
    likeness = _likeness(vectors)
    fits = likeness[0].astype(np.float64)  # (N,): the likeness of each to all that are chosen, summed
    left, chosen, total, kept = list(range(1, len(vectors))), [0], 0.0, 1
    while left:
        best = max(left, key=fits.__getitem__)
        if fits[best] / len(chosen) < FITS:
            break
        left.remove(best)
        total += float(fits[best])
        fits += likeness[best]
        chosen.append(best)
        if total / (len(chosen) * (len(chosen) - 1) / 2) >= ALIKE:
            kept = len(chosen)
    return chosen[:kept]


def _likeness(vectors: Vectors) -> npt.NDArray[np.float32]:
    """(N, D) -> (N, N) cosines about the encoder's mean."""
    centred = vectors - shipped().centre
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    return np.asarray(unit @ unit.T, dtype=np.float32)
