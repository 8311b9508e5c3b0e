"""Attempts that go as a script says, on a clock that only sleeping moves."""

from triptych.models import retry


class Times:
    """A clock that only sleeping moves, and chance that always draws the most."""

    def __init__(self, draw=1.0):
        self.now = 100.0
        self.slept = []
        self.timing = retry.Timing(lambda: self.now, self.sleep, self.asleep, lambda: draw)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    async def asleep(self, seconds):
        self.sleep(seconds)


class Script:
    """A stream that does something else each time it is opened: yields items, raises errors."""

    def __init__(self, *attempts, takes=0.0, times=None):
        self.attempts = list(attempts)
        self.opened = self.closed = 0
        self.takes, self.times = takes, times

    def _next(self):
        self.opened += 1
        if self.times:
            self.times.now += self.takes
        return self.attempts.pop(0) if len(self.attempts) > 1 else self.attempts[0]

    def open(self):
        try:
            for item in self._next():
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.closed += 1

    async def aopen(self):
        try:
            for item in self._next():
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.closed += 1
