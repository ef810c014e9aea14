"""Whether anybody is at home: one connection to a host, before anything is asked of it."""

import socket
import threading
from collections.abc import Collection

from entaku.fetch_guard import ForbiddenError, dial


def knock(host: str, port: int, seconds: float, allowed: Collection[str] = ()) -> str:
    """Connect and hang up: "" if that went well, or why not, after at most `seconds`.

    In a thread of its own, because the name server's time-out and those of a host's several addresses add up otherwise.
    Raises ForbiddenError for a host that may not be asked.
    """
    told: list[str | ForbiddenError] = []

    def connect() -> None:
        try:
            dial(host, port, seconds, allowed).close()
            told.append("")
        except ForbiddenError as error:
            told.append(error)
        except socket.gaierror:
            told.append(f"{host} という名前を引けません / the name {host} can't be resolved")
        except ConnectionRefusedError:
            told.append("接続を断られました / connection refused")
        except TimeoutError:
            pass
        except (OSError, UnicodeError) as error:
            told.append(f"つながりません / no connection ({error})")

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(seconds)
    if told and isinstance(told[0], ForbiddenError):
        raise told[0]
    return str(told[0]) if told else f"{seconds:g} 秒待ってもつながりません / no connection within {seconds:g} s"


def is_proxied(scheme: str, host: str) -> bool:
    """Whether the environment sends such requests through a proxy, which then does the knocking."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    return bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host)
