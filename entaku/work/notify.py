"""Signed messages to the addresses of `notify`: what was published since the last ones, kept until they were received.

`notified.json` in the store has the ids of all that was told, and the messages that wait.  A message is put there before
it is sent and removed once it was received, so that none is lost; its id stays the same, so that a receiver knows one
that comes again because a run was killed in between.  Headers and signature are those of Standard Webhooks
(standardwebhooks.com).
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from entaku.model.body import closing
from entaku.model.grammar import Office
from entaku.model.nouns import Ask, Finding, Place, Refused
from entaku.model.source import Limit
from entaku.model.words import LOCAL_ADDRESS
from entaku.store import Store, disk, read_project
from entaku.store import site as sites
from entaku.work.address import is_reserved
from entaku.work.gather import explain_why
from entaku.work.load import read_specs
from entaku.work.open import make_setting, read_clock
from entaku.work.outcome import Outcome
from entaku.work.setting import Setting
from entaku.work.speak import Speaker

RECORD, INDEX = "notified.json", "changes/index.json"
KINDS = ("announced", "first", "changes", "revised", "withdrawn")
"""The lists of `changes/index.json`, and of a message."""
MOST = 100
"""Entries in one message; further ones are in messages of their own."""
LIMIT = Limit(megabytes=200)
TYPE = "catalogue.published"

Listed = Mapping[str, tuple[str, Mapping[str, Any]]]
"""By its id, which never changes, what was published: its kind, and its entry in the list of that kind."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message that waits for its receiver."""

    id: str
    url: str
    when: str
    """UTC time at which it was written."""
    entries: tuple[str, ...]
    """The ids of what it tells."""
    body: str


@dataclass(frozen=True)
class Record:
    """What was told, and what waits to be."""

    told: frozenset[str] | None = None
    """None before the first run."""
    waiting: tuple[Message, ...] = ()


def notify(setting: Setting, office: Office, site: Path, outcomes: Collection[Outcome] = ()) -> tuple[Finding, ...]:
    """Write messages on what the site tells and no message did, and send all that wait; return what failed.

    The first run with `notify` tells of its own `outcomes` alone, not of all that was published before.
    """
    try:
        record = before = read_record(setting.store)
        if not office.notify:
            record = Record()
        else:
            listed = list_published(sites.read_site(site, INDEX), office.base_url)
            record = write_messages(office, record, listed, list_new(listed, record, outcomes), setting.now)
        if record != before:
            write_record(setting.store, record)
        return tuple(send_all(setting, office, record)) if record.waiting else ()
    except Refused as refused:
        return (replace(refused.finding, severity="warning"),)


# ---- what is told -----------------------------------------------------------------------------------------------


def list_published(index: bytes | None, base_url: str) -> Listed:
    """List what `changes/index.json` tells."""
    try:
        lists = json.loads(index or b"{}")
    except ValueError:
        return {}
    return {
        _name(kind, entry, base_url): (kind, entry)
        for kind in KINDS
        for entry in sorted(lists.get(kind, ()), key=lambda entry: entry.get("created", ""))
    }


def _name(kind: str, entry: Mapping[str, Any], base_url: str) -> str:
    """Return the id of an entry: the path of its page, and what of it."""
    page = str(entry.get("page", "")).removeprefix(base_url.rstrip("/") + "/")
    what = {
        "announced": f"#breaking-{entry.get('from')}-{','.join((*entry.get('columns', ()), *entry.get('tables', ())))}",
        "revised": f"#r{entry.get('revision')}",
        "withdrawn": f"#withdrawn{entry.get('sha256', '')[:12]}",
    }
    return page + what.get(kind, "")


def list_new(listed: Listed, record: Record, outcomes: Iterable[Outcome]) -> list[str]:
    """List the ids of what was published and not told."""
    if record.told is not None:
        return [key for key in listed if key not in record.told]
    made = {(one.dataset, one.version) for one in outcomes if one.what in ("released", "revised")}
    names = {name for name, _ in made}
    return [
        key
        for key, (kind, entry) in listed.items()
        if (entry["dataset"], entry.get("after") or entry.get("version")) in made
        or (kind == "announced" and entry["dataset"] in names)
    ]


def write_messages(office: Office, record: Record, listed: Listed, new: Sequence[str], now: datetime) -> Record:
    """Return the record with a message to each receiver on what is new; messages to former receivers are dropped."""
    urls = [hook.url for hook in office.notify]
    when = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    waiting = [message for message in record.waiting if message.url in urls]
    for start in range(0, len(new), MOST):
        some = new[start : start + MOST]
        data = {kind: [listed[key][1] for key in some if listed[key][0] == kind] for kind in KINDS}
        shown = {"type": TYPE, "timestamp": when, "data": {"catalogue": office.base_url.rstrip("/") + "/", **data}}
        body = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        for url in urls:
            own = hashlib.sha256(json.dumps([url, some, data]).encode()).hexdigest()[:32]
            waiting.append(Message(id=f"msg_{own}", url=url, when=when, entries=tuple(some), body=body))
    return Record(frozenset(listed) | (record.told or frozenset()), tuple(waiting))


# ---- sending ----------------------------------------------------------------------------------------------------


def send_all(setting: Setting, office: Office, record: Record) -> Iterable[Finding]:
    """Send what waits, in order, each receiver's until one fails; yield what failed."""
    up = list_up(setting, office)
    for hook in office.notify:
        mine = [message for message in record.waiting if message.url == hook.url]
        place, shown = Place(file="catalogue.yaml"), show_address(hook.url)
        for left, message in enumerate(mine):
            args = {"count": str(len(mine) - left)}
            if up is not None and not up.issuperset(message.entries):
                yield Finding("notify-waits", "notice", place, shown, {**args, "site": office.base_url})
                break
            secret = read_secret(setting.environment.get(hook.secret, ""))
            if not secret:
                yield Finding("notify-secret", "warning", place, hook.secret, {**args, "url": shown})
                break
            answer = setting.network.post(hook.url, message.body.encode(), partial(sign_now, message, secret))
            if answer.finding is not None:
                args["why"] = explain_why(answer.finding).replace(hook.url, shown)
                yield Finding("notify-failed", "warning", place, shown, args)
                break
            record = replace(record, waiting=tuple(one for one in record.waiting if one is not message))
            write_record(setting.store, record)


def list_up(setting: Setting, office: Office) -> frozenset[str] | None:
    """List the ids of what the site at `base_url` tells; None where the catalogue has no such site."""
    if office.base_url == LOCAL_ADDRESS or is_reserved(office.base_url):
        return None
    url = office.base_url.rstrip("/") + "/" + INDEX
    with setting.network.hurry(urlsplit(url).hostname or "") as network:
        (answer,) = network.ask_all([(Ask(url), "", "")], LIMIT)
    with closing([answer.body]):
        return frozenset(list_published(answer.body.read() if answer.body is not None else None, office.base_url))


def sign(message: Message, secret: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a message, with its signature (Standard Webhooks, symmetric)."""
    stamp = str(int(now.timestamp()))
    signed = f"{message.id}.{stamp}.{message.body}".encode()
    code = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": message.id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{code}",
    }  # fmt: skip


def sign_now(message: Message, secret: bytes) -> dict[str, str]:
    """Return the headers of a message that is sent now."""
    return sign(message, secret, read_clock())


def read_secret(text: str) -> bytes:
    """Return the bytes of a secret: those that `whsec_` is followed by in Base64, or else the text itself."""
    text = text.strip()
    if text.startswith("whsec_"):
        with suppress(binascii.Error, ValueError):
            return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    return text.encode()


def show_address(url: str) -> str:
    """Return an address without what may be secret in it: user, query, fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


# ---- the record -------------------------------------------------------------------------------------------------


def read_record(store: Store) -> Record:
    """Return what was told and what waits.  Raises Refused (record-broken, file-unreadable)."""
    body = read_project(store.root, RECORD).get(RECORD, b"{}")
    try:
        shown = json.loads(body)
        told = shown.get("told")
        waiting = [Message(**{**one, "entries": tuple(one["entries"])}) for one in shown.get("waiting", ())]
        return Record(None if told is None else frozenset(map(str, told)), tuple(waiting))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(Finding("record-broken", value=disk.show_path(store.root / RECORD))) from error


def write_record(store: Store, record: Record) -> None:
    """Write the record, at once or not at all."""
    shown = {"told": None if record.told is None else sorted(record.told), "waiting": list(map(asdict, record.waiting))}
    disk.write_project(store.root, RECORD, (json.dumps(shown, ensure_ascii=False, indent=1) + "\n").encode(), over=True)


def run_notify(options: argparse.Namespace, speak: Speaker) -> int:
    """Send the messages that wait, as after the site was uploaded; 1 if any is left."""
    office, _, findings = read_specs(options.project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    setting = make_setting(options, office, speak)
    with setting.store.lock():
        told = notify(setting, office, options.project / "build" / "site")
        left = len(read_record(setting.store).waiting)
    for finding in told:
        speak.finding(finding)
    speak.note(f"送らずに残っているもの {left} 件。", f"{left} messages wait.")
    return 1 if left else 0
