"""Work in a thread that nobody waits for at the end of the process."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """As asyncio.to_thread, but the end of the server does not wait for it: an export may take an hour."""
    future = concurrent.futures.Future[T]()
    future.set_running_or_notify_cancel()  # whoever waits may leave: the work goes on

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # it belongs to whoever waits
            future.set_exception(error)

    threading.Thread(target=run, name="malmoi-work", daemon=True).start()
    return await asyncio.wrap_future(future)
