"""Finding a product in the customer's words, and asking which when none is found."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from actions.forms.form import Form, Step
from actions.forms.order_form import missed
from actions.replies import COURTESY, Reply, Understood, tell
from actions.runtime import Said, runtime
from actions.words import in_words, money, say, talk_button
from desk.shop import Product

MOST_TOLD = 3
FEW = 5
Telling = Callable[[Product, str], str]


@dataclass(frozen=True, slots=True)
class ProductForm:
    """`name` is the intent that begins it; `tell` says of one product what was asked for."""

    name: str
    tell: Telling
    question: str = "which_product"
    words: str = "product"
    changes_something: bool = False

    def start(self, said: Said, understood: Understood) -> Reply:
        found = self._find(said, understood)
        return self._told(said, found) if found else self.ask(said, Form(self.name, Step.PRODUCT))

    def ask(self, said: Said, form: Form) -> Reply:
        """What the shop says of it in general is told along, so nobody waits for an answer."""
        question = tell(say(self.question, said.language), talk_button(said.language), form=form)
        fact = runtime().shop_facts.about(self.name, said.language) if form.misses == 0 else None
        return question.after(fact) if fact else question

    def take(self, said: Said, understood: Understood, form: Form) -> Reply | None:
        if understood.pressed or understood.intent in COURTESY:
            return None
        if found := self._find(said, understood):
            return self._told(said, found)
        if understood.intent == "deny":
            return tell(say("no_product", said.language), talk_button(said.language))
        if understood.is_topic and understood.intent != self.name:
            return None
        return missed(said, form, self.ask, say("unknown_product", said.language))

    def _find(self, said: Said, understood: Understood) -> list[Product]:
        named = understood.entities.get("product")
        found = said.shop.products(said.message.text, said.language)
        return found or (said.shop.products(named, said.language) if named else [])

    def _told(self, said: Said, found: Sequence[Product]) -> Reply:
        telling = [self.tell, *_asked_besides(self.tell, said.message.text)]
        lines = [" ".join(tell(product, said.language) for tell in telling) for product in found[:MOST_TOLD]]
        if url := found[0].url:
            lines.append(say("see", said.language, url=url))
        unsure = any(product.about is None or product.stock is None for product in found[:MOST_TOLD])
        return tell("\n".join(lines), *([talk_button(said.language)] if unsure else []))


def stock_of(product: Product, language: str) -> str:
    if product.stock is None:
        return say("stock_unknown", language, name=product.name)
    if product.stock > FEW:
        return say("in_stock", language, name=product.name)
    if product.stock > 0:
        return say("few_left", language, name=product.name, count=str(product.stock))
    if product.back_at is None:
        return say("sold_out", language, name=product.name)
    return say("back_on", language, name=product.name, date=in_words(product.back_at, language))


def price_of(product: Product, language: str) -> str:
    return say("price", language, name=product.name, price=money(product.price, product.currency))


def about(product: Product, language: str) -> str:
    if product.about is None:
        price = money(product.price, product.currency)
        return say("about_unknown", language, name=product.name, price=price)
    return say("about", language, name=product.name, about=product.about)


def in_short(product: Product, language: str) -> str:
    """What a recommendation says: what it is, what it costs, and whether it can be had where that is not plain."""
    price = money(product.price, product.currency)
    said = [say("in_short", language, name=product.name, price=price), product.about or ""]
    if product.stock is None or product.stock <= FEW:
        said.append(stock_of(product, language))
    return " ".join(filter(None, said))


# One message has one intent; who asks for the price and for the stock at once is told both.
BESIDES: dict[Telling, tuple[re.Pattern[str], Telling]] = {
    price_of: (
        re.compile(r"\bin stock\b|\bavailable\b|\bsold out\b|有货|现货|有没有货|缺货", re.IGNORECASE),
        stock_of,
    ),
    stock_of: (
        re.compile(r"\bhow much\b|\bprice\b|\bcosts?\b|多少钱|价格|什么价|几块", re.IGNORECASE),
        price_of,
    ),
}


def _asked_besides(first: Telling, text: str) -> list[Telling]:
    pattern, second = BESIDES.get(first, (None, first))
    return [second] if pattern is not None and pattern.search(text) else []


STOCK = ProductForm("stock_question", stock_of)
PRICE = ProductForm("price_question", price_of)
PRODUCT = ProductForm("product_question", about)
RECOMMENDATION = ProductForm("recommendation", in_short, question="what_for")
