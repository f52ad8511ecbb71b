"""How often is too often. Kept in memory: each web process counts for itself."""

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.web.errors import TooMany

MESSAGES = RateLimitItemPerMinute(20)
OPENINGS = RateLimitItemPerMinute(30)
LOOKS = RateLimitItemPerMinute(30)
TYPING = RateLimitItemPerMinute(40)
LOGINS_OF_ONE_AGENT = RateLimitItemPerMinute(5)
LOGINS_FROM_ONE_PLACE = RateLimitItemPerMinute(30)
TEST_SENDS = RateLimitItemPerMinute(5)


class Rates:
    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, limit: RateLimitItem, *who: str) -> None:
        """Count one more; raises `TooMany` with the seconds until the next is allowed."""
        if not self._limiter.hit(limit, *who):
            reset = self._limiter.get_window_stats(limit, *who).reset_time
            raise TooMany(max(1, math.ceil(reset - time.time())))
