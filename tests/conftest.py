"""What all tests share."""

import os
import signal

# A background job of a shell is deaf to Ctrl-C and hands that on to all that it starts; the tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
# As the command line does, and before torch is loaded: two test processes share the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
