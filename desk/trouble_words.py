"""The words by which trouble is known, English and Chinese, and those that are not read back."""

import re
from enum import StrEnum


class Trouble(StrEnum):
    """Kinds of trouble. `OTHER` is heard in the tone, while no word says what it is."""

    WRONG_ITEM = "wrong_item"
    BROKEN = "broken"
    REFUND = "refund"
    RUDE = "rude"
    LATE = "late"
    WAITING = "waiting"
    PRICE = "price"
    OTHER = "other"


# In this order: a parcel with the wrong thing, late and unanswered, is first of all the wrong thing.
WORDS: dict[Trouble, str] = {
    Trouble.WRONG_ITEM: (
        r"(?<!bought the )(?<!picked the )(?<!ordered the )(?<!chose the )(?<!bought a )\bwrong (item|thing|one|size|colou?r|product|order|parcel|package|article|model|tea|pot|shoe)"
        r"|\bnot what i (ordered|bought|asked for|paid for)|\b(sent|got|received|delivered) (me )?something else"
        r"|\b(got|came|sent|received|delivered)\b[^.?!]{0,40} instead of\b|\b(is|was|are|were|be|pieces?|parts?|items?) missing\b|\bnothing like the (photo|picture)|发错|寄错|送错|错的(货|东西|颜色|尺码)|少发|漏发|货不对|缺了|图片(差|不符|不一样)|不是我(买|要|订|下单)的"
    ),
    Trouble.BROKEN: (
        r"\b(broken|broke|damaged|cracked|shattered|smashed|defective|faulty|dented|torn|ripped|scratched|leak(s|ed|ing)?)\b"
        r"|\bin pieces\b|\b(does not|doesn'?t|stopped|not) work(ing)?\b|\bfell apart\b"
        r"|碎|坏了|坏的|破了|破的|破损|损坏|裂|漏水|漏了|变形|用不了|不能用"
    ),
    Trouble.REFUND: (
        r"\b(still|waiting|waited|never|not|no|promised|where)\b[^.?!]{0,40}\brefund|\b(want|need|demand|where is|give me|give back) (my |the )?money\b"
        r"|\brefund[^.?!]{0,60}(\b(still|never|not|nowhere|weeks?|months?)\b|n'?t\b)|\bcharged (me )?(twice|double|two times)"
        r"|(还|没|未|不|拖|迟迟)[^。？！，]{0,6}(退款|退钱|还钱)|(退款|退钱)[^。？！]{0,10}(没|未|拖|迟)|钱(还|一直|到现在)?(没|不)(有)?(退|到)|多扣|(重复|两次)扣|扣了?(我)?(两|二)(次|遍)"
    ),
    Trouble.RUDE: (
        r"\b(rude|impolite|unfriendly|disrespectful|condescending|arrogant|dismissive)\b|\bhung up on\b|\bsnapped at\b"
        r"|\btreated (me )?like\b|态度(很|太|非常|真|这么|那么|极)?(差|恶劣|不好|敷衍)|没礼貌|不耐烦|爱理不理|敷衍"
    ),
    Trouble.LATE: (
        r"\blate(?! (to|in|at)\b)\b|\b(overdue|delay(ed|s)?)\b|\bnot (here )?yet\b|\b(still|has|have|did|never)( not|n'?t| never)?"
        r" (been )?(here|arriv|com(e|ing)|deliver|show|receiv|got)|\b(not|never|n'?t)( been)? (arrived?|delivered|come|received?)\b"
        r"|迟|晚到|晚了|延误|超时|还(没|未)(收到|到|送|来)|(没|未)(送到|送来|到货|收到货)|到现在(都|还)?没(到|收|送|发)|拖"
    ),
    Trouble.WAITING: (
        r"\b(done|tired of|sick of|fed up with|kept|keep|keeps|been|still|spent) waiting\b|\bwaiting (for )?(days|weeks|hours|months|ages|forever)"
        r"|\bno (answer|reply|response)\b|\b(nobody|no one|noone|never) (ever )?(answer|repl|respond|call|read|get|got|care)"
        r"|\bignor(ed|e|ing)\b|\bon hold\b|没人(回|理|管|接|答)|不回(复|我|消息)?|不理|一直等|等了|等到|还要等|没有?回复|无人"
    ),
    Trouble.PRICE: (
        r"\b(too|so|very) (expensive|dear|pricey)\b|\boverpriced\b|\brip-?off\b|\bcheaper (elsewhere|somewhere|at|in)\b"
        r"|\bprices? (has |have )?(gone|going|went|goes|go|jumped|rose) up\b|\bhidden (fee|cost|charge)"
        r"|太贵|涨价|又涨|贵了|这么贵|别家(更)?便宜|便宜(得|很)?多|乱收费"
    ),
}

# What is not read back to whoever wrote it: insults, and words that a shop should not repeat.
COARSE = re.compile(
    r"fuck|shit|damn|\bhell\b|bastard|bitch|\bass(hole)?\b|crap|idiot|stupid|moron|imbecile|dumb|scum|liars?\b|\blying\b"
    r"|thie(f|ves)|crook|scam|fraud|useless|incompetent|pathetic|clown|joke|disgust|garbage|trash|suck|hate|sue\b|lawyer|police"
    r"|他妈|妈的|草|操|滚|傻|蠢|笨|白痴|脑残|垃圾|骗|贱|混蛋|王八|狗|废物|无耻|恶心|死|举报|起诉|律师|报警|去你|奇葩|智障|坑",
    re.IGNORECASE,
)
