"""Whether anybody is at home: one connection to a host, before anything is asked of it."""

import socket
import threading


def knock(host: str, port: int, seconds: float) -> str:
    """Connect and hang up: "" if that went well, or why not, after at most `seconds`.

    In a thread of its own, because the name server's time-out and those of a host's several addresses add up otherwise.
    """
    told: list[str] = []

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=seconds).close()
            told.append("")
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
    return told[0] if told else f"{seconds:g} 秒待ってもつながりません / no connection within {seconds:g} s"


def is_proxied(scheme: str, host: str) -> bool:
    """Whether the environment sends such requests through a proxy, which then does the knocking."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    return bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host)
