"""What a request costs on its way through the server: no wait that is not the engine's."""

import asyncio
import socket

from malmoi.serve import server


def test_an_answer_in_two_writes_does_not_wait_for_the_acknowledgement_of_the_first():
    async def has_no_delay():
        accepted = asyncio.get_running_loop().create_future()
        listener = server.bind("127.0.0.1", 0)
        port = listener.getsockname()[1]
        async with await asyncio.start_server(lambda _, writer: accepted.set_result(writer), sock=listener):
            _, ours = await asyncio.open_connection("127.0.0.1", port)
            theirs = await accepted
            told = theirs.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for writer in (ours, theirs):
                writer.close()
            return told

    assert asyncio.run(has_no_delay())
