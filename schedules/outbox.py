"""Send in a thread of its own: a broker that is away or frozen holds up nothing but what it should get."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import DatabaseError, InterfaceError, connection

log = structlog.get_logger(__name__)

ROOM = 200  # parcels that wait; what finds no room stays due in the database
FULL_SECONDS = 0.1  # until a full outbox is looked at again
RETRY_SECONDS = 1.0  # until one parcel tries whether the broker, or the database, is back
CLOSE_SECONDS = 2.0  # a stopping process waits this long for what it has taken


class Undeliverable(Exception):
    """The parcel is at fault, not the broker: raised by `send` to have it alone given back."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something that was taken in order to be sent.

    Both functions run in the outbox's thread. `send` bounds its own time and
    raises when it could not; `give_back` writes to the database.
    """

    send: Callable[[], None]
    give_back: Callable[[], None]


class Outbox:
    """Sends parcels in order. When one cannot be sent, it and all behind it are given back, newest first."""

    def __init__(self) -> None:
        # Reentrant: a signal handler closes the outbox wherever the main thread is.
        self._changed = threading.Condition(threading.RLock())
        self._parcels: deque[Parcel] = deque()
        self._in_hand = 0
        self._failing = False
        self._opens_at = 0.0  # monotonic seconds
        self._closing = False
        self._thread: threading.Thread | None = None

    def pause(self) -> float:
        """Return for how many seconds to take nothing more; 0 while there is room.

        While the broker is away there is room for one parcel at a time, the one that finds it back.
        """
        with self._changed:
            room = 1 if self._failing else ROOM
            full = FULL_SECONDS if len(self._parcels) + self._in_hand >= room else 0.0
            return max(self._opens_at - time.monotonic(), full)

    def put(self, parcel: Parcel) -> None:
        """Hand over a parcel and return at once."""
        with self._changed:
            self._parcels.append(parcel)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
                self._thread.start()

    def settle(self, seconds: float) -> bool:
        """Wait until every parcel was sent or given back, and return whether that took less than `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._parcels and not self._in_hand, seconds)

    def close(self) -> None:
        """Send what is left, for a short time; then give back what was not begun."""
        self.settle(CLOSE_SECONDS / 2)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(CLOSE_SECONDS / 2)

    def _run(self) -> None:
        while (parcel := self._next()) is not None:
            try:
                parcel.send()
            except Undeliverable:
                self._give_back([parcel])
            except Exception as error:  # noqa: BLE001 - brokers fail in many ways
                self._refused(parcel, error=error)
            else:
                self._sent()
        self._give_back(self._take_all())

    def _next(self) -> Parcel | None:
        with self._changed:
            self._changed.wait_for(lambda: self._parcels or self._closing)
            if self._closing:
                return None
            self._in_hand = 1
            return self._parcels.popleft()

    def _sent(self) -> None:
        if self._failing:
            log.info("periodic tasks are sent again")
        with self._changed:
            self._failing = False
            self._in_hand = 0
            self._changed.notify_all()

    def _refused(self, parcel: Parcel, *, error: Exception) -> None:
        # One line for an outage, not one per try.
        if not self._failing:
            log.warning("periodic tasks wait for the broker", error=str(error) or repr(error))
        with self._changed:
            self._failing = True
            self._opens_at = time.monotonic() + RETRY_SECONDS
        self._give_back([parcel, *self._take_all()])

    def _take_all(self) -> list[Parcel]:
        with self._changed:
            parcels = list(self._parcels)
            self._parcels.clear()
            self._in_hand = len(parcels) + self._in_hand
            return parcels

    def _give_back(self, parcels: list[Parcel]) -> None:
        for parcel in reversed(parcels):
            self._give_one_back(parcel)
        with self._changed:
            self._in_hand = 0
            self._changed.notify_all()

    def _give_one_back(self, parcel: Parcel) -> None:
        """Give one back, however long the database is away; a process that stops tries once."""
        while True:
            try:
                parcel.give_back()
            except (DatabaseError, InterfaceError) as error:
                log.warning("periodic task not given back", error=str(error))
            else:
                return
            finally:
                connection.close()  # rarely needed, so none is kept
            with self._changed:
                if self._changed.wait_for(lambda: self._closing, RETRY_SECONDS):
                    return
