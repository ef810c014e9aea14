"""`python -m tests.serving --requests 10000`: read a site through a web server while it is published again and again.

Each reader opens a dataset's page, follows its links to files, and holds every file against the release's checksums and
the list on its page: all of them must be of one release, and nothing may be missing, whenever the site changes.
"""

import argparse
import hashlib
import http.client
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin

from loopback import FileHandler
from projects import lifts, make_project, put, run

PAGE = "/datasets/lifts/"


@dataclass
class Tally:
    """What the readers saw."""

    requests: int = 0
    pages: int = 0
    releases: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def publish_for_ever(project: Path, first: int) -> None:
    """A release a day, from day `first` on."""
    for n in range(first, 10_000):
        mirror = project.parent / f"mirror-{n}"
        day = date(2026, 1, 1) + timedelta(days=n)
        put(mirror, lifts(*(f"A-{i},2026/6/{i % 28 + 1}" for i in range(n % 50 + 1))), day=day.isoformat())
        run(project, mirror)


def read_once(connection: http.client.HTTPConnection, tally: Tally) -> None:
    """One reader's visit: a page, its files, the page of its release."""

    def get(path: str) -> bytes:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        with tally.lock:
            tally.requests += 1
            if response.status != 200:
                tally.wrong.append(f"{response.status} {path}")
        return body

    text = get(PAGE).decode("utf-8", "replace")
    if not text.rstrip().endswith("</html>"):
        tally.wrong.append(f"half a page: {PAGE}")
    links = {urljoin(PAGE, link) for link in re.findall(r'href="([^"#:]+)"', text)}
    # what describes the dataset to other catalogues (croissant.json) stands beside the page and is always the newest
    links = {link for link in links if "/raw/" not in link and not link.endswith(".excel.csv")}
    files = sorted(link for link in links if re.search(r"\.(csv|parquet)$|(datapackage|report)\.json$|SUMS$", link))
    folders = {link.rpartition("/")[0] for link in files}
    if len(folders) != 1 or len(files) < 4:
        tally.wrong.append(f"a page that links to files of several releases: {files}")
        return
    (folder,) = folders
    bodies = {link.rpartition("/")[2]: get(link) for link in files}
    hashes = {name: hashlib.sha256(body).hexdigest() for name, body in bodies.items()}
    sums = dict(reversed(line.split("  ")) for line in bodies["SHA256SUMS"].decode().splitlines())
    page = get(f"{folder}/").decode()
    package = json.loads(bodies["datapackage.json"])
    if not folder.endswith(f"/{package['version']}"):
        tally.wrong.append(f"{folder} holds version {package['version']}")
    for name in set(hashes) - {"SHA256SUMS"}:
        if sums.get(name) != hashes[name] or f'href="{name}"' not in page:
            tally.wrong.append(f"{folder}/{name} is not what SHA256SUMS says, or not on the page of the release")
    with tally.lock:
        tally.pages += 1
        tally.releases.add(package["version"])


def hammer(folder: Path, requests: int, releases: int, readers: int = 3, seconds: float = 600) -> Tally:
    """Publish in one process, serve and read in this one, until so many requests were made and releases seen."""
    end = time.monotonic() + seconds
    project = make_project(folder / "p")
    put(folder / "mirror", lifts("A-1,2026/6/3"), day="2026-01-01")
    run(project, folder / "mirror")
    child = os.fork()
    if child == 0:
        try:
            publish_for_ever(project, 1)
        finally:
            os._exit(1)
    tally = Tally()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(FileHandler, directory=str(project / "build" / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def read() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1])
        while not tally.wrong and (tally.requests < requests or len(tally.releases) < releases):
            if time.monotonic() > end:
                tally.wrong.append(f"only {len(tally.releases)} releases in {seconds} s")
            try:
                read_once(connection, tally)
            except Exception as error:
                tally.wrong.append(repr(error))
        connection.close()

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gone, _ = os.waitpid(child, os.WNOHANG)
    if gone:
        tally.wrong.append("the publisher ended")
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    server.shutdown()
    server.server_close()
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--releases", type=int, default=50)
    options = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="entaku-serving-") as folder:
        tally = hammer(Path(folder), options.requests, options.releases)
    print(
        f"{tally.requests} requests, {tally.pages} pages with their files, {len(tally.releases)} releases seen, "
        f"{len(tally.wrong)} wrong {tally.wrong[:5]}; {time.monotonic() - begin:.0f} s"
    )
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
