"""One customer's life in the demo shop, week by week, from the causes in `causes.py`."""

from datetime import datetime, timedelta
from math import exp

import numpy as np

from app.demo.causes import Causes, hazard, logistic, offer_effect
from app.demo.customers import Customer, Taste
from app.demo.facts import Deed, Life, Order, Speech, Truth
from app.demo.living import Living, clipped
from app.demo.products import Product

WEEK = timedelta(days=7)


def live(rng: np.random.Generator, causes: Causes, customer: Customer, taste: Taste, until: datetime) -> Life:
    """Lives from joining to `until`; nothing in the result is later than `until`."""
    living = _Weeks(rng, causes, customer, taste, until)
    now = customer.joined_at
    while now < until:
        living.week(now)
        now += WEEK
    return living.told()


class _Weeks(Living):
    """What happens in each week."""

    def week(self, now: datetime) -> None:
        if self.left_at and not self.comes_back(now):
            self.receive(now)  # what was still on its way when they left
            self.browse(now, self.causes.visits_after)
            self.trace.append(self.satisfaction)
            return
        self.feel(now)
        self.receive(now)
        self.compare(now)
        self.be_offered(now)
        self.shop(now)
        self.browse(now, self.causes.visits * exp(self.causes.visit_slope * self.satisfaction))
        self.subscribe(now)
        self.ask(now)
        self.speak_up(now)
        self.trace.append(self.satisfaction)
        self.maybe_leave(now)

    def told(self) -> Life:
        life = self.life
        life.deeds = [deed for deed in life.deeds if deed.time <= self.until]
        # A chat takes a while, so one that begins at the very end is left out whole.
        life.speeches = [s for s in life.speeches if s.time + timedelta(hours=2) <= self.until]
        life.truth = Truth(
            life.customer.joined_at, tuple(self.trace), self.left_at, self.left_why, self.offer
        )
        return life

    # --- satisfaction and what happens to it ---

    def feel(self, now: datetime) -> None:
        causes = self.causes
        pull = causes.mood_pull * (self.taste.mood - self.satisfaction)
        self.shift(pull + causes.mood_noise * float(self.rng.normal()))

    def receive(self, now: datetime) -> None:
        due = [awaited for awaited in self.awaited if awaited[2] < now + WEEK]
        self.awaited = [awaited for awaited in self.awaited if awaited[2] >= now + WEEK]
        for order, trouble, felt_at in due:
            if trouble:
                self.suffer(order, trouble, felt_at)
            else:
                self.enjoy(order, felt_at)

    def enjoy(self, order: Order, time: datetime) -> None:
        if self.chance(self.causes.unhappy_return):
            self.send_back(order, time)
            return
        self.shift(self.causes.good_order)
        product = order.lines[0][0]
        topic = ("packaging", "staff", "price", *[product.kind] * 5)[int(self.rng.integers(8))]
        self.judge(order, product, topic, time, "none", 1.0)

    def send_back(self, order: Order, time: datetime) -> None:
        back = self.within(time + timedelta(days=2))
        if back > self.until:
            return
        order.status = "returned"
        product, quantity = order.lines[0]
        self.life.deeds.append(Deed(back, "return", product.price * quantity, quantity, product.sku, order))
        if self.chance(self.causes.slow_refund):
            self.suffer(order, "refund", back + timedelta(days=float(self.rng.uniform(8, 25))))

    def suffer(self, order: Order, trouble: str, time: datetime) -> None:
        causes = self.causes
        shifts = {"late": causes.late_shift, "broken": causes.broken_shift, "wrong": causes.wrong_shift}
        self.shift(shifts.get(trouble, causes.refund_shift))
        fragile = [product for product, _ in order.lines if product.fragile]
        product = fragile[0] if trouble == "broken" else order.lines[0][0]
        days = max(2, (time - order.expected_at).days) if trouble in ("late", "refund") else 3
        self.sore = (order, product, trouble)
        outcome = (
            self.complain(order, product, trouble, time, days) if self.chance(causes.complains) else "none"
        )
        self.judge(order, product, trouble, time, outcome, causes.trouble_urge, days)

    def complain(self, order: Order, product: Product, trouble: str, time: datetime, days: int) -> str:
        mended = self.chance(self.causes.mended)
        outcome = "mended" if mended else ("refused" if self.chance(self.causes.refused) else "open")
        at = self.within(time, 3.0)
        self.life.deeds.append(Deed(at, "complaint", item=product.sku, order=order))
        if self.taste.voiced and self.chance(self.causes.complaint_chat):
            tone = min(1 if self.taste.manner == "polite" else 0, self.tone(-0.6))
            self.life.speeches.append(
                Speech(at, "chat", tone, trouble, product, order, days, outcome=outcome)
            )
        self.shift(self.causes.mended_shift if mended else self.causes.refused_shift)
        return outcome

    # --- what it shows in ---

    def judge(
        self,
        order: Order,
        product: Product,
        topic: str,
        time: datetime,
        outcome: str,
        urge: float,
        days: int = 3,
    ) -> None:
        """A review, bare stars, or nothing."""
        at = self.within(time + timedelta(days=1), 10.0)
        tone = self.tone(-0.4 if outcome in ("refused", "open") else 0.0)
        stars = int(clipped(tone + 3 + (self.rng.random() < 0.12) - (self.rng.random() < 0.12), 1, 5))
        if self.taste.voiced and self.chance(self.causes.review_rate * urge):
            if self.taste.manner == "shrugging" and self.chance(0.6):
                tone, topic = 0, "shrug"
            elif tone > 0 and urge > 1.0 and outcome != "mended":
                topic = product.kind
            self.life.speeches.append(Speech(at, "review", tone, topic, product, order, days, stars))
        elif self.chance(self.causes.star_rate):
            self.do(at, "rating", float(stars), product.sku)

    def compare(self, now: datetime) -> None:
        """Meeting a cheaper rival hurts, the unhappy look for one; looks through our price page are seen."""
        causes = self.causes
        if self.chance(causes.rival_rate):
            self.shift(causes.rival_shift * self.taste.price_sensitivity)
            self.look_elsewhere(now)
        elif self.chance(logistic(causes.rival_look + causes.rival_look_slope * self.satisfaction)):
            self.look_elsewhere(now)

    def look_elsewhere(self, now: datetime) -> None:
        causes, product, at = self.causes, self.some_product(), self.within(now)
        self.do(at, "competitor_view", item=product.sku)
        if self.taste.voiced and self.chance(causes.rival_chat):
            topic = "rival" if self.chance(0.6) else "price"
            tone = min(0, self.tone(-0.3))
            self.life.speeches.append(Speech(at + timedelta(minutes=9), "chat", tone, topic, product))

    def be_offered(self, now: datetime) -> None:
        """The campaign: of those with two orders a random half got an offer, a third of whom took it."""
        at = self.until - timedelta(days=self.causes.offer_days_ago)
        if not now <= at < now + WEEK or len(self.life.orders) < 2:
            return
        self.offer = "held_out"
        if self.chance(0.5):
            self.offer = "made"
            self.do(at, "offer_made", 10.0)
            if self.chance(self.causes.offer_accepted):
                self.offer, accepted = "accepted", self.within(at, 3.0)
                self.accepted_at = accepted
                self.do(accepted, "offer_accepted", 10.0)
                self.next_order = min(self.next_order, accepted + timedelta(minutes=12))

    def browse(self, now: datetime, rate: float) -> None:
        for _ in range(int(self.rng.poisson(rate))):
            self.visit(self.within(now))

    def visit(self, at: datetime) -> None:
        self.do(at, "visit")
        for n in range(int(self.rng.poisson(1.1))):
            item = self.some_product().sku
            self.do(at + timedelta(seconds=20 + 50 * n), "view", item=item)
            if self.chance(0.25):
                self.do(at + timedelta(seconds=40 + 50 * n), "click", item=item)
            if self.chance(0.1):
                self.do(at + timedelta(seconds=60 + 50 * n), "cart", item=item)

    def ask(self, now: datetime) -> None:
        """Questions and thanks that have no trouble behind them."""
        if not self.taste.voiced or not self.chance(self.causes.question_rate):
            return
        tone, product = max(0, self.tone()), self.some_product()
        topics = ["delivery", "returns", "stock", "brewing" if product.kind == "tea" else "size"]
        topic = topics[int(self.rng.integers(4))] if tone == 0 or self.chance(0.5) else "thanks"
        order = self.life.orders[-1] if self.life.orders else None
        if order and topic == "thanks":
            product = order.lines[0][0]
        self.life.speeches.append(Speech(self.within(now), "chat", tone, topic, product, order))

    def speak_up(self, now: datetime) -> None:
        """Words nobody asked for, with no event beside them: the unhappy before they go, and the delighted."""
        causes = self.causes
        if not self.taste.voiced:
            return
        unhappy = logistic(causes.speak_slope * (causes.unhappy_below - self.satisfaction))
        delighted = logistic(causes.speak_slope * (self.satisfaction - causes.delighted_above))
        if self.chance(causes.grumble * unhappy):
            self.grumble(now)
        elif self.life.orders and self.chance(causes.praise * delighted):
            order = self.life.orders[-1]
            speech = Speech(self.within(now), "chat", max(0, self.tone()), "thanks", order.lines[0][0], order)
            if speech.tone > 0:
                self.life.speeches.append(speech)

    def grumble(self, now: datetime) -> None:
        """About the last trouble, or the price, or about going."""
        tone, product, order = min(0, self.tone(-0.2)), self.some_product(), None
        topics = ("price", "rival") if tone == 0 else ("price", "rival", "leaving")
        topic = topics[int(self.rng.integers(len(topics)))]
        if self.sore and self.chance(0.6):
            order, product, topic = self.sore
        self.life.speeches.append(Speech(self.within(now), "chat", tone, topic, product, order))

    # --- ordering, subscribing, leaving ---

    def shop(self, now: datetime) -> None:
        causes, shape = self.causes, self.causes.gap_regularity
        reluctance = logistic(causes.put_off_slope * (causes.put_off_below - self.satisfaction))
        while self.next_order < now + WEEK:
            if self.life.orders and self.chance(reluctance):
                self.next_order += timedelta(days=causes.put_off_days)
                continue
            self.place(self.next_order)
            days = max(1.0, float(self.rng.gamma(shape, self.taste.gap_days / shape)))
            if self.chance(causes.pause):
                days += float(self.rng.uniform(causes.pause_shortest, causes.pause_longest))
            self.next_order += timedelta(seconds=int(days * 86_400))

    def place(self, at: datetime) -> None:
        if at > self.until:
            return
        lines = self.fill_basket()
        trouble = self.trouble(lines)
        expected = (at + timedelta(days=5)).replace(hour=18, minute=0, second=0, microsecond=0)
        took = self.rng.uniform(2.0, 4.6) if trouble != "late" else 7.5 + self.rng.gamma(2.0, 2.5)
        arrives = at + timedelta(seconds=int(took * 86_400))
        delivered = arrives if arrives <= self.until and trouble != "cancelled" else None
        status = trouble if trouble == "cancelled" else status_at(self.until, at, expected, delivered)
        order = Order(at, lines, expected, delivered, status)
        self.life.orders.append(order)
        self.record(order)
        if trouble != "cancelled":
            self.awaited.append((order, trouble, arrives))

    def record(self, order: Order) -> None:
        self.visit(order.placed_at - timedelta(minutes=11))
        for n, (product, quantity) in enumerate(order.lines):
            at = order.placed_at - timedelta(seconds=40 * (len(order.lines) - n))
            self.life.deeds.append(Deed(at, "cart", product.price, quantity, product.sku))
        first = order.lines[0][0].sku
        self.life.deeds.append(Deed(order.placed_at, "order", order.total, order.quantity, first, order))

    def fill_basket(self) -> tuple[tuple[Product, int], ...]:
        target = self.taste.basket * exp(float(self.rng.normal(0, 0.3)))
        lines: dict[Product, int] = {}
        spent = 0.0
        while spent < 0.8 * target and len(lines) < 5:
            product = self.some_product()
            quantity = 2 if self.chance(0.08) else 1
            lines[product] = lines.get(product, 0) + quantity
            spent += product.price * quantity
        return tuple(lines.items())

    def trouble(self, lines: tuple[tuple[Product, int], ...]) -> str:
        """What goes wrong with an order: "late", "broken", "wrong", "cancelled", or "" for nothing."""
        if self.chance(self.causes.cancelled):
            return "cancelled"
        if self.chance(self.causes.late):
            return "late"
        if any(product.fragile for product, _ in lines) and self.chance(self.causes.broken):
            return "broken"
        return "wrong" if self.chance(self.causes.wrong) else ""

    def comes_back(self, now: datetime) -> bool:
        if self.left_why != "silent" or not self.chance(self.causes.comeback):
            return False
        self.left_at, self.left_why = None, None
        self.next_order = self.within(now)
        return True

    def subscribe(self, now: datetime) -> None:
        causes = self.causes
        if self.taste.subscriber and not self.subscribed and now <= self.subscribes_at < now + WEEK:
            self.subscribed = True
            self.do(self.subscribes_at, "subscription_started")
        elif self.subscribed and self.chance(
            logistic(causes.cancel + causes.cancel_slope * self.satisfaction)
        ):
            self.cancel(now)

    def cancel(self, now: datetime) -> None:
        self.subscribed = False
        at = self.within(now)
        self.do(at, "subscription_cancelled")
        if self.taste.voiced and self.chance(0.25):
            tone = min(0, self.tone(-0.4))
            chat = Speech(at - timedelta(minutes=25), "chat", tone, "subscription", self.some_product())
            self.life.speeches.append(chat)

    def maybe_leave(self, now: datetime) -> None:
        weeks = (now - self.accepted_at) // WEEK if self.accepted_at else None
        offer = offer_effect(self.causes, weeks)
        probability = hazard(self.causes, self.satisfaction, self.taste.habit, offer)
        if not self.chance(probability):
            return
        self.left_at = min(now + WEEK, self.until)
        silent = self.causes.leave_silent * offer / probability
        self.left_why = "silent" if self.chance(silent) else "unhappy"
        if self.subscribed and self.chance(self.causes.cancel_on_leaving):
            self.cancel(now)
        if self.left_why == "unhappy" and self.taste.voiced and self.chance(self.causes.farewell):
            tone = -2 if self.satisfaction < -1 else -1
            order = self.life.orders[-1]
            chat = Speech(
                self.within(now), "chat", tone, "leaving", order.lines[0][0], order, outcome="farewell"
            )
            self.life.speeches.append(chat)


def status_at(until: datetime, placed: datetime, expected: datetime, delivered: datetime | None) -> str:
    """What the shop would say of the order at `until`."""
    if delivered:
        return "delivered"
    if until > expected:
        return "delayed"
    return "shipped" if until > placed + timedelta(days=1) else "placed"
