"""What all tests share."""

import os
import signal

from room_times import STAGES, seconds_by_room, table

# A background job of a shell is deaf to Ctrl-C and hands that on to all that it starts; the tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
# As the command line does, and before torch is loaded: two test processes share the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_terminal_summary(terminalreporter, config):
    """After a stage of `make test`: how long each room took. With xdist this runs where all reports arrive."""
    stage = STAGES.get(config.getoption("-m"))
    if stage is None:
        return
    reports = [
        report for reports in terminalreporter.stats.values() for report in reports if hasattr(report, "duration")
    ]
    seconds = seconds_by_room((report.nodeid, report.duration) for report in reports)
    terminalreporter.section("time of the rooms")
    for line in table(seconds, stage, config.getoption("numprocesses", None) or 1):
        terminalreporter.write_line(line)
