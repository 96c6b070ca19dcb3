"""How long a browser waits for the first words of the studio on a slow line, and what it loads for them.

    python benchmarks/studio_first_words.py RUNS_FOLDER

Chromium's own throttling (CDP) holds the line at 1 MB/s and 100 ms; the bar is 3 s, the median of 5 cold openings.
"""

import socket
import statistics
import subprocess
import sys
import time

from playwright.sync_api import sync_playwright

BYTES_PER_S, LATENCY_MS, MOST_S, TIMES = 1_000_000, 100, 3.0, 5


def opened_s(browser, address: str) -> tuple[float, int]:
    """Seconds from asking for the address to its heading being there, and the bytes that came until then."""
    context = browser.new_context()
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    held = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S}
    line.send("Network.emulateNetworkConditions", held)
    came: list[int] = []
    line.on("Network.loadingFinished", lambda event: came.append(int(event["encodedDataLength"])))
    started = time.monotonic()
    page.goto(address, wait_until="commit")
    page.locator("h1").first.wait_for()
    taken = time.monotonic() - started, sum(came)
    context.close()
    return taken


def main(folder: str) -> int:
    """Prints the median; returns 1 where it is above the bar."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "malmoi.cli.main", "studio", folder, "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--headless"])
            while server.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.2)
            found = [opened_s(browser, address) for _ in range(TIMES)]
            browser.close()
    finally:
        server.terminate()
        server.wait()
    median_s = statistics.median(seconds for seconds, _ in found)
    print(f"first words after {median_s:.2f} s (bar {MOST_S} s), {found[0][1]} bytes by then; {TIMES} cold openings")
    return 0 if median_s <= MOST_S else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
