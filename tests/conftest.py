"""What all tests share."""

import os
import signal

from room_times import summary

# A background job of a shell is deaf to Ctrl-C and hands that on to all that it starts; the tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
# As the command line does, and before torch is loaded: two test processes share the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_terminal_summary(terminalreporter, config):
    """After a stage of `make test`: how long each room took."""
    lines = summary(terminalreporter.stats, config.getoption("-m"), config.getoption("numprocesses", None))
    if lines:
        terminalreporter.section("time of the rooms")
    for line in lines:
        terminalreporter.write_line(line)
