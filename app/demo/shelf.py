"""The demo shop's shelf: what its page shows, and the rest of what its customers buy. Prices are euros."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from app.demo.products import PRODUCTS
from db import tables

CURRENCY: Final = "EUR"
SOLD_OUT: Final = "shelf-kettle"  # and expected again
GONE: Final = "tea-biluochun"  # sold out, and nobody knows for how long
BACK_IN: Final = timedelta(days=12)
_STOCK: Final = (3, 60)  # pieces, from and below


@dataclass(frozen=True, slots=True)
class OnShow:
    """One article of the shop's page."""

    key: str
    names: tuple[str, str]  # English and Chinese, as the description is
    price: float
    about: tuple[str, str]
    also: tuple[str, ...] = ()


ON_SHOW: Final[tuple[OnShow, ...]] = (
    OnShow(
        "tea-jasmine", ("Jasmine Pearls", "茉莉龙珠"), 18.0,
        ("Hand rolled green tea, 100 g", "手工揉捻的绿茶，100 克"), ("jasmine tea", "茉莉花茶"),
    ),
    OnShow("shelf-pot", ("Garden Teapot", "花园茶壶"), 42.0, ("Stoneware, 0.8 litres", "炻器，0.8 升"), ("stoneware teapot",)),
    OnShow(
        "shelf-cups", ("Pair of Tasting Cups", "品茗对杯"), 26.0,
        ("Thin porcelain, 120 ml", "薄胎瓷，每只 120 毫升"), ("porcelain tea cups", "茶杯"),
    ),
    OnShow(
        "shelf-kettle", ("Slow Pour Kettle", "慢注手冲壶"), 64.0,
        ("Holds its temperature", "可保持水温"), ("electric kettle", "电热水壶"),
    ),
    OnShow(
        "shelf-matcha", ("Matcha Set", "抹茶套装"), 38.0,
        ("Bowl, whisk and scoop", "含茶碗、茶筅和茶则"), ("matcha kit",),
    ),
    OnShow("shelf-linen", ("Kitchen Linen", "厨房亚麻巾"), 22.0, ("Three washed towels", "三条水洗亚麻巾"), ("linen towels",)),
)  # fmt: skip


def shelf(now: datetime, seed: int = 7) -> list[tables.Product]:
    """Every article with its stock; the same seed gives the same."""
    rng = np.random.default_rng([seed, 0, 3])
    shown = {article.key for article in ON_SHOW}
    articles = [_shown(article) for article in ON_SHOW]
    for sold in PRODUCTS:
        if sold.sku not in shown:
            names = {"en": sold.name_en, "zh": sold.name_zh}
            articles.append(_row(sold.sku, names, sold.price, {}, (sold.said_en,)))
    for article in articles:
        article.stock = int(rng.integers(*_STOCK))
        if article.key in (SOLD_OUT, GONE):
            article.stock = 0
            article.back_at = now + BACK_IN if article.key == SOLD_OUT else None
    return articles


def _shown(article: OnShow) -> tables.Product:
    names, about = (dict(zip(("en", "zh"), texts, strict=True)) for texts in (article.names, article.about))
    return _row(article.key, names, article.price, about, article.also)


def _row(
    key: str, names: dict[str, str], price: float, about: dict[str, str], also: tuple[str, ...]
) -> tables.Product:
    return tables.Product(key=key, names=names, price=price, about=about, also=list(also), currency=CURRENCY)
