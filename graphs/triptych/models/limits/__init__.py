"""Limits that all callers of the process share: requests at once, and requests a minute.

`slots` bounds how many requests are with one endpoint at a time and learns from its 429s; `rate`
bounds how many start within a minute, as the hosted catalog's free tier demands.
"""

from triptych.models.limits.rate import RateLimiter, hosted_rate_limiter
from triptych.models.limits.slots import Limiter, Slot, limiter, slot

__all__ = ["Limiter", "RateLimiter", "Slot", "hosted_rate_limiter", "limiter", "slot"]
