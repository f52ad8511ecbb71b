"""Three customers written by hand on top of the simulation, for a demonstration to talk about.

Ana Torres is content, 魏书宁 is drifting away, Maya Okafor is about to leave. Days count back from `until`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from app.demo.customers import Customer
from app.demo.facts import Deed, Life, Order, Speech
from app.demo.products import BY_SKU

NAMED: Final[dict[str, str]] = {"content": "demo-ana", "drifting": "demo-wei", "leaving": "demo-maya"}


def named_lives(until: datetime, span_days: int) -> list[Life]:
    """The three lives, each no older than `span_days` and no younger than `until`."""
    tell: tuple[Callable[[_Story], None], ...] = (_ana, _wei, _maya)
    lives = []
    for teller, customer in zip(tell, _customers(until, span_days), strict=True):
        story = _Story(customer, until)
        teller(story)
        lives.append(story.told())
    return lives


def _customers(until: datetime, span_days: int) -> tuple[Customer, Customer, Customer]:
    def joined(days: int) -> datetime:
        return until - timedelta(days=min(days, span_days))

    return (
        Customer(
            NAMED["content"], "Ana Torres", joined(410), "en", "America/Denver", "US",
            "ana.torres@example.com", "+1 303 555 0142", 780.0,
        ),
        Customer(
            NAMED["drifting"], "魏书宁", joined(430), "zh", "Asia/Shanghai", "CN",
            "weishuning@example.org", None, 520.0,
        ),
        Customer(
            NAMED["leaving"], "Maya Okafor", joined(500), "en", "America/New_York", "US",
            "maya.okafor@example.com", "+1 212 555 0117", 1460.0,
        ),
    )  # fmt: skip


class _Story:
    """Notes what happened so many days before `until`; what would lie before the joining is left out."""

    def __init__(self, customer: Customer, until: datetime) -> None:
        self.life, self.until = Life(customer), until

    def at(self, days_ago: float, minutes: float = 0) -> datetime:
        return self.until - timedelta(days=days_ago) + timedelta(minutes=minutes)

    def deed(self, days_ago: float, kind: str, item: str | None = None, value: float | None = None) -> None:
        self.life.deeds.append(Deed(self.at(days_ago), kind, value=value, item=item))

    def visits(self, days_ago: Iterable[float], *items: str) -> None:
        for n, day in enumerate(days_ago):
            item = items[n % len(items)]
            self.life.deeds.append(Deed(self.at(day), "visit"))
            self.life.deeds.append(Deed(self.at(day, 1), "view", item=item))
            if n % 3 == 0:
                self.life.deeds.append(Deed(self.at(day, 2), "click", item=item))

    def order(
        self, days_ago: float, *skus: str, expected: float | None = None, delivered: float | None = None,
        status: str = "delivered",
    ) -> Order:  # fmt: skip
        """An order; `expected` and `delivered` are days ago too, by default five and four days after it."""
        arrives = self.at(days_ago - 4 if delivered is None else delivered)
        came = arrives if status == "delivered" and arrives <= self.until else None
        due = self.at(days_ago - 5 if expected is None else expected)
        if status == "delivered" and came is None:
            status = "shipped"
        lines = tuple((BY_SKU[sku], 1) for sku in skus)
        order = Order(self.at(days_ago), lines, due, came, status)
        self.life.orders.append(order)
        self.visits([days_ago + 0.01], skus[0])
        for sku in skus:
            self.life.deeds.append(Deed(self.at(days_ago, -2), "cart", BY_SKU[sku].price, 1, sku))
        self.life.deeds.append(Deed(order.placed_at, "order", order.total, order.quantity, skus[0], order))
        return order

    def orders(self, days_ago: str, *baskets: tuple[str, ...]) -> None:
        """An order on each of these days, going round the baskets."""
        for n, day in enumerate(days_ago.split()):
            self.order(float(day) + 0.3, *baskets[n % len(baskets)])

    def review(self, days_ago: float, sku: str, rating: int, words: str) -> None:
        said = (("customer", words),)
        speech = Speech(self.at(days_ago), "review", rating - 3, "any", BY_SKU[sku], rating=rating, said=said)
        self.life.speeches.append(speech)

    def chat(self, days_ago: float, sku: str, *turns: tuple[str, str], order: Order | None = None) -> None:
        self.life.speeches.append(Speech(self.at(days_ago), "chat", 0, "any", BY_SKU[sku], order, said=turns))

    def told(self) -> Life:
        life, joined = self.life, self.life.customer.joined_at
        life.orders = [order for order in life.orders if order.placed_at >= joined]
        life.deeds = [deed for deed in life.deeds if deed.time >= joined]
        life.speeches = [speech for speech in life.speeches if speech.time >= joined]
        return life


def _ana(story: _Story) -> None:
    story.orders(
        "403 386 369 349 333 314 297 281 262 244 227 208 190 173 155 136 119 101 83 66 47 29 12",
        ("tea-breakfast", "tea-jasmine"),
        ("tea-sencha",),
        ("tea-breakfast", "cup-glass"),
        ("tea-earlgrey", "tea-rooibos"),
        ("tea-breakfast", "cloth-linen"),
    )
    story.order(0.2, "tea-jasmine", "cup-glass", status="placed")
    story.visits([2.4 + 5 * n for n in range(80)], "tea-breakfast", "tea-jasmine", "pot-celadon")
    story.deed(300.5, "subscription_started")
    story.deed(57.1, "rating", "tea-jasmine", 5.0)
    story.review(
        290.3, "cup-glass", 5, "Bought one to try and ended up with four. Light, and my hands stay cool."
    )
    story.review(
        24.3, "tea-breakfast", 5,
        "This has been my morning tea for over a year now. Always fresh, always on time. Thank you!",
    )  # fmt: skip
    story.chat(
        72.3, "tea-jasmine",
        ("customer", "Hi! Can I swap the jasmine tea for sencha in my next subscription box?"),
        ("bot", "You can change the box under Account, Subscription, until two days before it leaves."),
        ("customer", "Found it, that was easy. Thanks!"),
    )  # fmt: skip


def _wei(story: _Story) -> None:
    # The gaps grow at the end.
    story.orders(
        "424 400 377 351 328 303 279 254 230 204 178 147 114 64",
        ("tea-tieguanyin", "tin-storage"),
        ("tea-longjing",),
        ("tea-baimudan",),
    )
    story.visits([160.5 + 6 * n for n in range(44)], "tea-tieguanyin", "tea-longjing", "gaiwan-white")
    story.visits([151.2, 139.4, 126.3, 117.5, 98.2, 85.4, 71.3, 33.5, 16.3], "tea-tieguanyin")
    for look in (70.2, 30.5):
        story.deed(look, "competitor_view", "tea-tieguanyin")
    story.review(310.2, "tea-tieguanyin", 5, "兰花香很正，五六泡还有味道，办公室同事都来蹭。")
    story.review(43.4, "tea-tieguanyin", 3, "还行吧，感觉没有去年那批香了，价格倒是涨了一点。先喝着。")
    story.chat(
        149.6, "tea-longjing",
        ("customer", "明前龙井有大包装的吗？"),
        ("bot", "目前只有一种规格，可以登记到货通知。"),
        ("customer", "好的，谢谢"),
    )  # fmt: skip
    story.chat(
        16.2, "tea-tieguanyin",
        ("customer", "铁观音又涨价了？别家便宜不少，我在比较。"),
        ("bot", "价格跟当年的收成和运费有关，您的意见我会转达。"),
        ("customer", "那我再看看吧"),
    )  # fmt: skip


def _maya(story: _Story) -> None:
    story.orders(
        "494 473 455 434 415 394 376 355 334 315 296 275 257 236 216 197 176 157 137 117 96",
        ("tea-dancong", "tea-dahongpao"),
        ("tea-puer", "gaiwan-white"),
        ("tea-dancong", "pot-glass"),
    )
    late = story.order(71.3, "pot-celadon", "tea-dancong", expected=35.0, delivered=14.3)
    waiting = story.order(70.2, "cup-celadon", expected=10.0, status="delayed")
    story.visits([90.4 + 4 * n for n in range(100)], "tea-dancong", "pot-celadon", "tea-dahongpao")
    story.visits([80.2, 66.3, 51.4, 41.2, 34.5, 27.3, 14.2, 10.4, 3.6], "pot-celadon", "cup-celadon")
    story.deed(410.3, "subscription_started")
    story.deed(8.4, "subscription_cancelled")
    story.life.deeds.append(Deed(story.at(13.6), "complaint", item="pot-celadon", order=late))
    for look in (6.4, 2.6):
        story.deed(look, "competitor_view", "tea-dancong" if look < 10 else "pot-celadon")
    _maya_writes(story, late, waiting)


def _maya_writes(story: _Story, late: Order, waiting: Order) -> None:
    story.review(
        380.4, "tea-dancong", 5, "The best dancong I have found on this side of the ocean. Honey and orchids."
    )
    story.review(
        12.5, "pot-celadon", 2,
        "Three weeks late, and when the teapot finally came the spout was snapped off. I used to send "
        "everyone to this shop. The glaze is beautiful, which makes it sadder.",
    )  # fmt: skip
    story.chat(
        13.7, "pot-celadon",
        (
            "customer",
            "Order {order} came today, three weeks late, and the spout of the teapot is broken. "
            "It was for my mother's birthday. After over a year of orders I'm really disappointed in you.",
        ),
        ("bot", "I'm sorry it arrived damaged. Could you send a photo? A colleague will arrange the rest."),
        ("agent", "Thanks, I've made a note. Someone will write to you."),
        order=late,
    )  # fmt: skip
    story.chat(
        5.3, "cup-celadon",
        ("customer", "And where is {order}? Nobody has written to me about the teapot either."),
        ("bot", "That is later than we promised. I'm asking a colleague to look into it."),
        ("customer", "You said that last week. I'm tired of waiting, I'll buy my tea somewhere else."),
        order=waiting,
    )  # fmt: skip
