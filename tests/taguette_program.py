"""Starts the real Taguette on the loopback interface and talks to it as a browser would."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support import ROOT

#: Where ``make test`` installs it (requirements-taguette.lock), unless the environment names another.
INSTALLED = ROOT / ".venv-taguette" / "bin" / "taguette"
START = 60


def program() -> str:
    """Path of Taguette, or a skip that says how to get it."""
    found = os.environ.get("TAGUETTE") or (str(INSTALLED) if INSTALLED.exists() else None)
    if not found or not shutil.which(found):
        pytest.skip("needs Taguette: install requirements-taguette.lock in .venv-taguette, or set TAGUETTE")
    return found


class Browser:
    """One signed-in user of a server."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), _NoRedirect()
        )
        self._xsrf = ""

    def get(self, path: str) -> bytes:
        return self._request("GET", path)[1]

    def open_form(self, path: str) -> None:
        """Keep the token of the form on a page."""
        match = re.search(rb'name="_xsrf"[^>]* value="([^"]+)"', self.get(path))
        assert match is not None
        self._xsrf = match[1].decode()

    def form(self, path: str, **fields: str) -> int:
        body = urllib.parse.urlencode({"_xsrf": self._xsrf, **fields}).encode()
        return self._request("POST", path, body, "application/x-www-form-urlencoded")[0]

    def json(self, method: str, path: str, content: Any = None) -> Any:
        body = json.dumps(content).encode() if content is not None else b""
        answer = self._request(method, path, body, "application/json")[1]
        return json.loads(answer) if answer else None

    def upload(self, path: str, filename: str, content: bytes, **fields: str) -> Any:
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in {"_xsrf": self._xsrf, **fields}.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode()
        )
        body = b"".join([*parts, content, f"\r\n--{boundary}--\r\n".encode()])
        return json.loads(self._request("POST", path, body, f"multipart/form-data; boundary={boundary}")[1])

    def _request(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[int, bytes]:
        request = urllib.request.Request(f"{self.base}{path}", data=body, method=method)
        if kind:
            request.add_header("Content-Type", kind)
            request.add_header("X-XSRFToken", self._xsrf)
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            if error.code in (302, 303):
                return error.code, b""
            raise AssertionError(f"{method} {path}: {error.code} {error.read()[:300]!r}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        return None


class Taguette:
    """A running server with its database."""

    def __init__(self, database: Path, base: str, token: str = "") -> None:
        self.database, self.base, self._token = database, base, token

    def browser(self) -> Browser:
        """The single user, or a visitor of a server with accounts."""
        browser = Browser(self.base)
        if self._token:
            browser.get(f"/?token={self._token}")
        return browser

    def register(self, login: str) -> Browser:
        browser = Browser(self.base)
        browser.open_form("/register")
        assert browser.form("/register", login=login, password1="correct-horse", password2="correct-horse") in (
            302,
            303,
        )
        return browser


@contextmanager
def single_user(folder: Path) -> Iterator[Taguette]:
    """A server for one user, who is called admin."""
    port, database = _free_port(), folder / "server.sqlite3"
    command = [program(), "--no-browser", "--bind", "127.0.0.1", "--port", str(port), "--database", str(database)]
    with _running(command, folder) as process:
        token = _wait_for(process, folder, re.compile(r"\?token=(\w+)"))
        yield Taguette(database, f"http://127.0.0.1:{port}", token)


@contextmanager
def with_accounts(folder: Path) -> Iterator[Taguette]:
    """A server with accounts, as a team of coders runs it."""
    port, database = _free_port(), folder / "team.sqlite3"
    config = folder / "config.py"
    config.write_text(
        f"""NAME = "Test"
BIND_ADDRESS = "127.0.0.1"
PORT = {port}
BASE_PATH = "/"
DOMAIN = "localhost"
SECRET_KEY = "not-a-secret-only-a-test-server"
DATABASE = "sqlite:///{database}"
EMAIL = "Test <test@localhost>"
MAIL_SERVER = {{"ssl": False, "host": "localhost", "port": 25}}
TOS_FILE = None
COOKIES_PROMPT = False
X_HEADERS = False
REGISTRATION_ENABLED = True
"""
    )
    with _running([program(), "--no-browser", "server", str(config)], folder) as process:
        base = f"http://127.0.0.1:{port}"
        _wait_until_answers(process, folder, base)
        yield Taguette(database, base)


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program in its own home and session, ended by its own process id."""
    environment = {**os.environ, "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _log(folder: Path) -> str:
    return (folder / "server.log").read_text(errors="replace")


def _wait_for(process: subprocess.Popen[bytes], folder: Path, pattern: re.Pattern[str]) -> str:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        if match := pattern.search(_log(folder)):
            return match[1]
        time.sleep(0.1)
    raise AssertionError(f"Taguette did not start: {_log(folder)[-2000:]}")


def _wait_until_answers(process: subprocess.Popen[bytes], folder: Path, base: str) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(base, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"Taguette did not start: {_log(folder)[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
