"""The languages we speak, and which of them a wish names."""

LANGUAGES = ("en", "zh")


def known_language(*wishes: str | None) -> str:
    """The first wish we speak, from tags such as `zh-CN` or an Accept-Language header, else English."""
    for wish in wishes:
        for tag in (wish or "").lower().split(","):
            primary = tag.strip().split(";")[0].split("-")[0].split("_")[0]
            if primary in LANGUAGES:
                return primary
    return "en"
