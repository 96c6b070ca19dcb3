"""A process that holds a folder and publishes in it when it is told to: FOLDER KIND HOST LEASE_S [ATTEMPT].

It says "held", then stops at the publish itself, says "ready", and goes on after a line.
"""

import os
import sys
import threading
from pathlib import Path

from malmoi.kit import files, manifest, paths
from malmoi.kit.errors import UserError
from malmoi.kit.fence import Lease
from malmoi.kit.lock import Terms, lock


def say(word):
    print(word, flush=True)


def terms(host, lease_s, attempt=None):
    """Terms of a host that is this one or another."""
    holder = Lease(host, os.getpid(), f"boot of {host}", "pid:[1]")
    return Terms(lease_s, lease_s / 8, settle_s=0.1, holder=holder, attempt=attempt)


def wait_for_word(*_):
    if threading.current_thread() is threading.main_thread():  # the thread that renews the lease goes on
        say("ready")
        sys.stdin.readline()


def stop_at_publish():
    """After all is written, just before the fence is asked."""
    upload = files._upload
    os.fsync = wait_for_word
    files._upload = lambda *words: (wait_for_word(), upload(*words))


def publish(folder, kind):
    target = folder / "result"
    if kind == "file":
        with files.atomic_file(target) as aside:
            aside.write_text("older")
            wait_for_word()
    elif kind == "directory":
        with files.atomic_directory(target) as aside:
            (aside / "one").write_text("older")
            wait_for_word()
    elif kind == "text":
        stop_at_publish()
        files.write_text(target, "older")
    elif kind == "move":
        files.write_text(folder / "older", "older")
        wait_for_word()
        files.move(folder / "older", target)
    elif kind == "remove":
        wait_for_word()
        files.remove(target)
    else:
        stop_at_publish()
        manifest.write(folder, manifest.Manifest("older", {}))


def main(where, kind, host, lease_s, attempt=None):
    folder = paths.to_path(where)
    try:
        with lock(folder, terms(host, float(lease_s), attempt and int(attempt))):
            say("held")
            publish(folder, kind)
    except UserError as error:
        say(str(error))
        return error.code
    say("published")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main(*sys.argv[1:]))
