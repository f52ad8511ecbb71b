"""The clock: long work gives way and holds nobody up, and a job that never ends is noticed."""

import os
import threading
from datetime import timedelta

from app.clock import GIVES_WAY, Stall, Timed, make_clock
from tests.app.test_worker import ticks

LONGEST = 3
SOON = timedelta(seconds=0.05)


def test_short_work_goes_on_while_long_work_runs_at_a_lower_priority(engine):
    begun, ended, often = threading.Event(), threading.Event(), threading.Semaphore(0)
    priorities = {}

    def note(name):
        priorities[name] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def long():
        note("long")
        begun.set()
        ended.wait(30)

    def short():
        note("short")
        often.release()

    clock = make_clock(
        {"long": Timed(SOON, long, gives_way=True), "short": Timed(SOON, short)}, engine, Stall(99)
    )
    clock.start()
    try:
        assert begun.wait(30)
        assert all(often.acquire(timeout=30) for _ in range(5))
        assert "long" not in ticks(engine)
    finally:
        ended.set()
        clock.shutdown(wait=True)
    assert priorities["long"] == priorities["short"] + GIVES_WAY
    assert ticks(engine) == {"long", "short"}


def beats(stall, number):
    return [stall.beat() for _ in range(number)]


def test_a_job_that_runs_for_too_long_is_named():
    stall = Stall(LONGEST)
    stall.begin("deliver")
    assert beats(stall, LONGEST + 1) == [None, None, None, "deliver"]


def test_a_job_that_ended_in_time_is_not():
    stall = Stall(LONGEST)
    stall.begin("deliver")
    beats(stall, LONGEST)
    stall.end("deliver")
    assert beats(stall, 5) == [None] * 5


def test_long_work_that_gets_on_is_left_alone_and_named_once_it_hangs():
    stall = Stall(LONGEST)
    stall.begin("rescore")
    for _ in range(10):
        assert beats(stall, LONGEST) == [None] * LONGEST
        stall.got_on("rescore")
    assert beats(stall, LONGEST + 1)[-1] == "rescore"
