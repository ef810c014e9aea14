"""From asks to answers over HTTP, the program's only network.

Nothing here raises for what a server or a network does: every ask has an answer, at worst a finding.
No address of our own machine or network is asked unless its host is allowed by name (`guard`).
`requests` is imported when the first request is made, as a run without any should not wait for it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from entaku import __version__
from entaku.fetch.bodies import Headers, PackedError, Unpacker
from entaku.fetch.guard import ForbiddenError, Watch, refuse_literal, watching
from entaku.fetch.host import DROPPED, Host, UnreachableError, forbid, is_proxied, name_server, say_silence
from entaku.fetch.host import knock as _knock
from entaku.fetch.spool import Spool
from entaku.formats.heavy import requests, urllib3
from entaku.model.body import closing
from entaku.model.nouns import Answer, Ask, Finding, Refused
from entaku.model.source import Limit

Question = tuple[Ask, str, str]
"""An ask, with the ETag and Last-Modified of the bytes that are archived of it ("" for none)."""

AGENT = f"entaku/{__version__}"
MAX_REDIRECTS = 5
PASSING = (429, 500, 502, 503, 504)
"""Statuses that may be gone in a moment (RFC 9110, 15.6; RFC 6585, 4)."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait, in seconds, and how often to try."""

    connect: float = 10
    read: float = 30
    """Of silence."""
    total: float = 600
    """For one file."""
    retries: int = 3
    backoff: float = 1
    """Before the first retry; doubled each time, and shortened by up to half at random."""
    longest: float = 60
    """The most that a server's Retry-After is obeyed."""
    failures: int = 3
    """After so many asks in a row that came to nothing, a host is left alone."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The sources of time and chance; tests replace them."""

    sleep: Callable[[float], object] | None = None
    """None for a sleep that ends when the run is interrupted."""
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    jitter: Callable[[], float] = random.random
    """From 0 to 1."""


@dataclass(frozen=True)
class _Again:
    """An answer that may be better after `wait` seconds (None: as long as we like)."""

    answer: Answer
    wait: float | None = None


@dataclass(frozen=True)
class _Try:
    """One try at a question."""

    question: Question
    limit: Limit
    headers: Headers | None
    watch: Watch
    deadline: float
    """By our clock."""


class Network:
    """HTTP with manners.  One for a run: it remembers which hosts are dead.

    A host that can't be connected to, or is silent for too long, is asked nothing more: it costs one time-out, however
    many files it should have given.  Before many connections are opened to a host, one ask goes alone.
    """

    def __init__(
        self,
        *,
        patience: Patience = Patience(),
        timing: Timing = Timing(),
        knock: Callable[[str, int, float], str] | None = None,
        allow_hosts: Collection[str] = (),
        folder: Path | None = None,
    ) -> None:
        """`allow_hosts`: names and addresses that may be asked although they are not public.

        `folder`: where large bodies are kept until they are archived; none for the system's temporary folder.
        """
        self.patience, self.timing, self.folder = patience, timing, folder
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
        """The answers, in the order of `asks`.

        200 has a body, which the caller closes; 304 (only where a validator was given) and 404 have none; 404 and all else have a finding.
        A file that is too large or broke off has status 0.
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
                for number in numbers:  # no need of threads to say so
                    ask(number)
                return
            with ThreadPoolExecutor(limit.connections) as pool:
                list(pool.map(ask, numbers))

        by_host: dict[str, list[int]] = {}
        for number, (question, _, _) in enumerate(asks):
            by_host.setdefault(name_server(question.url), []).append(number)
        if not asks:
            return []
        with ThreadPoolExecutor(min(len(by_host), 16)) as pool:
            try:
                list(pool.map(ask_host, by_host.values()))
            except BaseException:
                self._stop.set()  # Ctrl-C: what waits in line is not asked any more
                pool.shutdown()
                with closing(answer.body for answer in answers.values()):
                    raise
        return [answers[number] for number in range(len(asks))]

    def close(self) -> None:
        """Close the connections that were kept open."""
        if self._session:
            self._session.close()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- one ask

    def _ask(self, question: Question, limit: Limit, headers: Headers | None) -> Answer:
        """Try, and try again where that may help."""
        url = question[0].url
        host = self._host(url)
        with host.connect(limit.connections):
            for attempt in range(self.patience.retries + 1):
                wait: float | None = None
                try:
                    with watching(self.patience.total) as watch:
                        deadline = self.timing.clock() + self.patience.total
                        outcome = self._try(_Try(question, limit, headers, watch, deadline))
                    if isinstance(outcome, Answer):
                        host.failures = 0
                        return outcome
                    answer, wait = outcome.answer, outcome.wait
                except UnreachableError as error:
                    answer = _fail(url, error.code, {"why": error.why})
                    if not error.again:
                        return answer
                if attempt < self.patience.retries:
                    self._sleep(self._wait(attempt, wait))
            host.failures += 1
            if host.failures >= self.patience.failures:
                host.dead = (
                    f"{host.failures} 件続けて取れなかったので、この回はもう尋ねません / "
                    f"not asked any more in this run after {host.failures} failures in a row"
                )
            return answer

    def _wait(self, attempt: int, asked: float | None) -> float:
        """Exponential back-off with jitter, or what Retry-After asked for, within reason."""
        own = self.patience.backoff * float(2**attempt) * (0.5 + self.timing.jitter() / 2)
        return min(self.patience.longest, own if asked is None else max(asked, own))

    def _try(self, one: _Try) -> Answer | _Again:
        """One try, through redirects (each to a host that is alive and may be asked)."""
        ask, etag, last_modified = one.question
        url, extra = ask.url, one.headers
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in validators.items() if value}
        for _ in range(MAX_REDIRECTS + 1):
            own = extra.values if extra is not None and name_server(url) == extra.server else {}
            response = self._get(url, {**headers, **own}, one.watch)
            with response:
                where = response.headers.get("Location")
                if response.status_code not in (301, 302, 303, 307, 308) or not where:
                    return self._read(one, response)
                try:
                    url = urljoin(url, where)
                except ValueError:
                    raise UnreachableError("転送先が URL ではありません / redirected to what is no URL") from None
        raise UnreachableError(f"{MAX_REDIRECTS} 回を超えて転送されました / redirected more than {MAX_REDIRECTS} times")

    def _get(self, url: str, headers: dict[str, str], watch: Watch) -> requests.Response:
        """The response's head.  Raises UnreachableError; a host that is dead or silent is remembered."""
        host = self._enter(url)
        try:
            response = self._open_session().get(
                url,
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
            if "CERTIFICATE_VERIFY_FAILED" not in str(error):
                raise UnreachableError(DROPPED, again=True) from error
            host.dead = "サーバーの証明書を確かめられません / its TLS certificate can't be verified"
            raise UnreachableError(host.dead) from error
        except requests.ConnectionError as error:
            if watch.over:
                host.dead = say_silence(self.patience.total)
                raise UnreachableError(host.dead) from error
            raise UnreachableError(DROPPED, again=True) from error
        except requests.exceptions.InvalidHeader:  # its words would show the header
            raise UnreachableError("送るヘッダーが正しくありません / a header can't be sent as it is") from None
        except (requests.RequestException, ValueError) as error:
            raise UnreachableError(f"URL が正しくありません / not a URL that can be asked ({error})") from error
        host.answered = True
        return response

    def _enter(self, url: str) -> Host:
        """The host of `url`, after a knock at its door the first time.  Raises UnreachableError if it is dead."""
        try:
            parts = urlsplit(url)
            name, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise UnreachableError(f"URL が正しくありません / not a URL ({error})") from error
        if parts.scheme not in ("http", "https") or not name:
            raise UnreachableError("http か https の URL ではありません / not an http or https URL")
        if "@" in parts.netloc:
            raise UnreachableError("URL に利用者名や合い言葉が入っています / the URL holds a user name or password")
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
            raise UnreachableError(host.dead, code=host.code)
        return host

    def _read(self, one: _Try, response: requests.Response) -> Answer | _Again:
        """The answer that a response is."""
        ask, etag, last_modified = one.question
        status, headers = response.status_code, response.headers
        if status == 304 and (etag or last_modified):
            etag, last_modified = headers.get("ETag", etag), headers.get("Last-Modified", last_modified)
            return Answer(ask.url, 304, "live", None, etag, last_modified)
        if status != 200:
            answer = _fail(ask.url, "http-status", {"status": str(status)}, status)
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
        """Write the body to the `spool`; return None if it is complete, or what went wrong."""
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
            # read1 gives what has come: read would wait for a whole block of a file that drips
            while piece := raw.read1(step, decode_content=False):
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


def _fail(url: str, code: str, args: dict[str, str], status: int = 0) -> Answer:
    return Answer(url, status, "live", finding=Finding(code, value=url, args=args))


def read_retry_after(text: str, now: float) -> float | None:
    """Seconds to wait, from a Retry-After of either kind (RFC 9110, 10.2.3); None if it says nothing."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
