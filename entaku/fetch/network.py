"""Requests → answers over HTTP, the program's only network access.

Failures of servers and networks are not raised: every request has an answer, at worst with a finding.
Private addresses are not connected to unless their host is allowed by name (`guard`).
`requests` is imported with the first request, to keep runs without any fast.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from entaku import __version__
from entaku.fetch.bodies import Headers, PackedError, Spool, Unpacker, read_location, read_retry_after, tell_status
from entaku.fetch.guard import ForbiddenError, Watch, refuse_literal, watching, write_allowed
from entaku.fetch.host import (
    DROPPED,
    HURRIED,
    PATIENT,
    REAL_TIME,
    Host,
    Patience,
    Timing,
    UnreachableError,
    forbid,
    is_proxied,
    name_server,
    say_silence,
    say_tls,
)
from entaku.fetch.host import knock as _knock
from entaku.formats.heavy import requests, urllib3
from entaku.model.body import closing
from entaku.model.nouns import Answer, Ask, Finding, Refused
from entaku.model.source import Limit

Question = tuple[Ask, str, str]
"""A request, with the ETag and Last-Modified of its archived bytes ("" for none)."""

AGENT = f"entaku/{__version__}"
MAX_REDIRECTS = 5
MOST_HOSTS = 16
"""Hosts that are asked at the same time."""
PASSING = (429, 500, 502, 503, 504)
"""Statuses that may be temporary (RFC 9110, 15.6; RFC 6585, 4)."""


@dataclass(frozen=True)
class _Again:
    """A failure that may succeed after `wait` seconds (None: the usual back-off)."""

    answer: Answer
    wait: float | None = None


@dataclass(frozen=True)
class _Try:
    """One attempt at a request."""

    question: Question
    limit: Limit
    headers: Headers | None
    watch: Watch
    deadline: float
    """On the monotonic clock."""


class Network:
    """HTTP client of one run, which keeps track of hosts that have failed.

    A host that refuses connections, times out or only drips gets no more requests in the run: it costs one time-out,
    however many files were expected of it.  Before many connections are opened to a host, one request is sent alone.
    """

    def __init__(
        self,
        *,
        patience: Patience = PATIENT,
        timing: Timing = REAL_TIME,
        knock: Callable[[str, int, float], str] | None = None,
        allow_hosts: Collection[str] = (),
        folder: Path | None = None,
    ) -> None:
        """Configure the client.

        `allow_hosts`: names and addresses that may be connected to although they are not public.
        `folder`: where large bodies are kept until they are archived; none for the system's temporary folder.
        """
        self.patience, self.timing, self.folder, self._given = patience, timing, folder, knock
        self.allowed = frozenset(host.lower() for host in allow_hosts)
        self._stop = threading.Event()
        self._sleep = self._stop.wait if timing.sleep is None else timing.sleep
        self._knock = partial(_knock, allowed=self.allowed) if knock is None else knock
        self._lock = threading.Lock()
        self._hosts: dict[str, Host] = {}
        self._session: requests.Session | None = None

    def ask_all(
        self,
        asks: Sequence[Question],
        limit: Limit,
        headers: Headers | None = None,
    ) -> list[Answer]:
        """Send the requests; return the answers, in the order of `asks`.

        200 has a body, which the caller closes; 304 (only where a validator was given) and 404 have none; 404 and all
        others have a finding.  A file that is too large or was cut short has status 0.
        """
        answers: dict[int, Answer] = {}

        def ask(number: int) -> None:
            answer = self._ask(asks[number], limit, headers)
            with self._lock:
                answers[number] = answer

        def ask_host(numbers: list[int]) -> None:
            host = self._host(asks[numbers[0]][0].url)
            while numbers and not host.answered and not host.dead:
                ask(numbers.pop(0))
            if host.dead:
                for number in numbers:  # they fail at once, without threads
                    ask(number)
                return
            with ThreadPoolExecutor(limit.connections) as pool:
                list(pool.map(ask, numbers))

        by_host: dict[str, list[int]] = {}
        for number, (question, _, _) in enumerate(asks):
            by_host.setdefault(name_server(question.url), []).append(number)
        if not asks:
            return []
        with ThreadPoolExecutor(min(len(by_host), MOST_HOSTS)) as pool:
            try:
                list(pool.map(ask_host, by_host.values()))
            except BaseException:
                self._stop.set()  # Ctrl-C: queued requests are not sent
                pool.shutdown()
                with closing(answer.body for answer in answers.values()):
                    raise
        return [answers[number] for number in range(len(asks))]

    def hurry(self, host: str) -> Network:
        """Make a network for one small request to `host`, which may be private: it gives up after some seconds."""
        allowed = {*self.allowed, host}
        return Network(patience=HURRIED, timing=self.timing, knock=self._given, allow_hosts=allowed, folder=self.folder)

    def post(self, url: str, body: bytes, head: Callable[[], dict[str, str]]) -> Answer:
        """Post a message, with the headers that `head` makes anew for each attempt; redirects are not followed.

        The answer has no body, and a finding unless its status is one of success.
        """
        for attempt in range(self.patience.retries + 1):
            wait: float | None = None
            try:
                with watching(self.patience.pace) as watch, self._get(url, head(), watch, body) as response:
                    status, again = response.status_code, response.headers.get("Retry-After", "")
                answer = Answer(url, status, "live", finding=None if 200 <= status < 300 else tell_status(url, status))
                if status not in PASSING:
                    return answer
                wait = read_retry_after(again, self.timing.now())
            except UnreachableError as error:
                answer = _fail(url, error.code, {"why": error.why})
                if not error.again:
                    return answer
            if attempt < self.patience.retries:
                self._sleep(self._wait(attempt, wait))
        return answer

    def close(self) -> None:
        """Close the connections that were kept open."""
        if self._session:
            self._session.close()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- one request

    def _ask(self, question: Question, limit: Limit, headers: Headers | None) -> Answer:
        """Try a request, with retries where these may help."""
        url = question[0].url
        host = self._host(url)
        with host.connect(limit.connections):
            for attempt in range(self.patience.retries + 1):
                wait: float | None = None
                try:
                    with watching(self.patience.pace) as watch:
                        deadline = self.timing.clock() + self.patience.total
                        outcome = self._try(_Try(question, limit, headers, watch, deadline))
                    if isinstance(outcome, Answer):
                        if watch.over:
                            host.fail(self.patience.failures)
                        elif outcome.status:
                            host.failures = 0
                        return outcome
                    answer, wait = outcome.answer, outcome.wait
                except UnreachableError as error:
                    line = {"line": write_allowed(self.allowed, error.barred)} if error.barred else {}
                    answer = _fail(url, error.code, {"why": error.why, **line})
                    if not error.again:
                        return answer
                if attempt < self.patience.retries:
                    self._sleep(self._wait(attempt, wait))
            host.fail(self.patience.failures)
            return answer

    def _wait(self, attempt: int, asked: float | None) -> float:
        """Compute the wait before the next attempt: back-off with jitter, or Retry-After, up to `longest`."""
        own = self.patience.backoff * float(2**attempt) * (0.5 + self.timing.jitter() / 2)
        return min(self.patience.longest, own if asked is None else max(asked, own))

    def _try(self, one: _Try) -> Answer | _Again:
        """Make one attempt, following redirects, each to a host that is permitted and not given up."""
        ask, etag, last_modified = one.question
        url, extra = ask.url, one.headers
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in validators.items() if value}
        for _ in range(MAX_REDIRECTS + 1):
            own = extra.values if extra is not None and name_server(url) == extra.server else {}
            try:
                response = self._get(url, {**headers, **own}, one.watch)
            except UnreachableError as error:
                if url == ask.url:
                    raise
                raise error.after_redirect(url) from error
            with response:
                where = response.headers.get("Location")
                if response.status_code not in (301, 302, 303, 307, 308) or not where:
                    return self._read(one, response)
                try:
                    url = read_location(url, where)
                except ValueError:
                    why = "転送先が URL ではありません / redirected to what is no URL"
                    raise UnreachableError(why, code="redirect") from None
        why = f"{MAX_REDIRECTS} 回を超えて転送されました / redirected more than {MAX_REDIRECTS} times"
        raise UnreachableError(why, code="redirect")

    def _get(self, url: str, headers: dict[str, str], watch: Watch, body: bytes | None = None) -> requests.Response:
        """Send a GET, or a POST of a body; return the response, body unread.  Raises UnreachableError; gives up a host that timed out."""
        host = self._enter(url)
        try:
            response = self._open_session().request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(self.patience.connect, self.patience.read),
            )
        except ForbiddenError as error:
            raise forbid(host, error) from None
        except (requests.ConnectTimeout, requests.ReadTimeout) as error:
            seconds = self.patience.connect if isinstance(error, requests.ConnectTimeout) else self.patience.read
            host.dead = say_silence(seconds)
            raise UnreachableError(host.dead) from error
        except requests.exceptions.ProxyError as error:
            host.dead = "プロキシにつながりません / the proxy can't be reached or refuses"
            raise UnreachableError(host.dead) from error
        except requests.exceptions.SSLError as error:
            if "EOF" in str(error):
                raise UnreachableError(DROPPED, again=True, code="hung-up") from error
            host.dead, host.code = say_tls(str(error)), "tls-fault"
            raise UnreachableError(host.dead, code=host.code) from error
        except requests.ConnectionError as error:
            if watch.over:
                host.dead = self.patience.explain(watch)
                raise UnreachableError(host.dead) from error
            raise UnreachableError(DROPPED, again=True, code="hung-up") from error
        except requests.exceptions.InvalidHeader:  # its message would show the header
            why = "送るヘッダーが正しくありません / a header can't be sent as it is"
            raise UnreachableError(why, code="request-url") from None
        except (requests.RequestException, ValueError) as error:
            why = f"URL が正しくありません / not a URL that can be asked ({error})"
            raise UnreachableError(why, code="request-url") from error
        host.answered = True
        return response

    def _enter(self, url: str) -> Host:
        """Return the host of `url`, probed the first time.  Raises UnreachableError if it was given up."""
        try:
            parts = urlsplit(url)
            name, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise UnreachableError(f"URL が正しくありません / not a URL ({error})", code="request-url") from error
        if parts.scheme not in ("http", "https") or not name:
            raise UnreachableError("http か https の URL ではありません / not an http or https URL", code="request-url")
        if "@" in parts.netloc:
            why = "URL に利用者名や合い言葉が入っています / the URL holds a user name or password"
            raise UnreachableError(why, code="request-url")
        host = self._host(url)
        with host.door:
            if self._stop.is_set():
                raise UnreachableError("中断されました / interrupted")
            if not host.knocked:
                host.knocked = True
                try:
                    if is_proxied(parts.scheme, name):
                        refuse_literal(name, self.allowed)
                    else:
                        host.dead = self._knock(name, port, self.patience.connect)
                except ForbiddenError as error:
                    raise forbid(host, error) from None
        if host.dead:
            raise UnreachableError(host.dead, code=host.code, barred=host.barred)
        return host

    def _read(self, one: _Try, response: requests.Response) -> Answer | _Again:
        """Convert a response to an answer."""
        ask, etag, last_modified = one.question
        status, headers = response.status_code, response.headers
        if status == 304 and (etag or last_modified):
            etag, last_modified = headers.get("ETag", etag), headers.get("Last-Modified", last_modified)
            return Answer(ask.url, 304, "live", None, etag, last_modified)
        if status != 200:
            answer = Answer(ask.url, status, "live", finding=tell_status(ask.url, status))
            if status in PASSING:
                return _Again(answer, read_retry_after(headers.get("Retry-After", ""), self.timing.now()))
            return answer
        spool = Spool(self.folder)
        try:
            trouble = self._receive(one, response, spool)
            if trouble is None:
                body = spool.end()
                return Answer(ask.url, 200, "live", body, headers.get("ETag", ""), headers.get("Last-Modified", ""))
        except Refused as refused:
            trouble = Answer(ask.url, 0, "live", finding=refused.finding)
        except BaseException:
            spool.close()
            raise
        spool.close()
        return trouble

    def _receive(self, one: _Try, response: requests.Response, spool: Spool) -> Answer | _Again | None:
        """Write the body to the `spool`; return None if it is complete, else the failure."""
        url = one.question[0].url
        most = one.limit.megabytes * 1_000_000
        expected = response.headers.get("Content-Length", "")
        too_large = _fail(url, "too-large", {"limit": str(one.limit.megabytes)})
        if expected.isascii() and expected.isdigit() and int(expected) > most:
            return too_large
        raw, packed = response.raw, response.headers.get("Content-Encoding", "")
        step = 1 << 13 if packed else 1 << 16  # a packed piece may be a thousand times as large
        try:
            unpacker = Unpacker(packed)
            # read1 returns what has arrived; read would wait for a whole block of a slow transfer
            while piece := raw.read1(step, decode_content=False):
                one.watch.received = raw.tell()
                spool.write(unpacker.feed(piece, most - spool.size))
                if spool.size > most:
                    return too_large
                if self._is_late(one):
                    break
            else:
                if unpacker.complete and not one.watch.over:
                    return None
        except PackedError as error:
            return _Again(_fail(url, "bad-compression", {"why": str(error)}))
        except urllib3.exceptions.ReadTimeoutError:
            self._host(response.url).dead = say_silence(self.patience.read)
        except urllib3.exceptions.HTTPError:
            pass
        if one.watch.slow:
            self._host(response.url).dead = self.patience.explain(one.watch)
            return _fail(url, "too-slow", {"got": str(raw.tell()), "seconds": f"{self.patience.slow:g}"})
        cut = _fail(url, "cut-short", {"got": str(raw.tell()), "expected": expected or "?"})
        return cut if self._is_late(one) or self._host(response.url).dead else _Again(cut)

    def _is_late(self, one: _Try) -> bool:
        return one.watch.over or self.timing.clock() > one.deadline

    # ---- what is shared

    def _host(self, url: str) -> Host:
        with self._lock:
            return self._hosts.setdefault(name_server(url), Host())

    def _open_session(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                from entaku.fetch.http import make_session

                self._session = make_session(AGENT, self.allowed)
            return self._session


def _fail(url: str, code: str, args: dict[str, str]) -> Answer:
    return Answer(url, 0, "live", finding=Finding(code, value=url, args=args))
