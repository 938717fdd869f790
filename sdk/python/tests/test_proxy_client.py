from __future__ import annotations

import asyncio
import socketserver
import ssl
import threading
import unittest
import unittest.mock
from collections.abc import Callable

import httpx

from postern import ConfigurationError, PolicyDeniedError, TokenExpiredError, async_proxy_client, proxy_client

from .test_require import until

Heads = list[str]


class FakeProxy:
    """A proxy on a real socket: remembers the heads of what it was asked, and answers all of it with one answer."""

    def __init__(self) -> None:
        self.heads: Heads = []
        self.connections = 0
        self.open = 0
        self.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        self.lock = threading.Lock()
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with proxy.lock:
                    proxy.connections += 1
                    proxy.open += 1
                try:
                    while head := self.read_head():
                        with proxy.lock:
                            proxy.heads.append(head)
                        self.wfile.write(proxy.answer)
                except OSError:
                    pass
                with proxy.lock:
                    proxy.open -= 1

            def read_head(self) -> str:
                lines = []
                while (line := self.rfile.readline()) not in (b"", b"\r\n"):
                    lines.append(line.decode())
                return "".join(lines)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def tokens(self) -> list[str]:
        return [line.split(" ")[-1] for head in self.heads for line in head.splitlines() if line.lower().startswith("proxy-authorization:")]

    def refuses(self, code: str, status: str = "403 Forbidden") -> None:
        details = f'postern; error=http_request_denied; details="{code} rule=org/x decision=dec_1"'
        self.answer = f"HTTP/1.1 {status}\r\nproxy-status: {details}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.proxy = FakeProxy()
        self.addCleanup(self.proxy.close)
        self.token = "first"

    def client(self, token: str | Callable[[], str] | None = None) -> httpx.Client:
        client = proxy_client(self.proxy.url, token or (lambda: self.token))
        self.addCleanup(client.close)
        return client


class ThroughTheProxy(Case):
    def test_the_token_is_asked_for_each_request_and_another_one_gets_connections_of_its_own(self) -> None:
        client = self.client()
        for token in ("first", "first", "second"):
            self.token = token
            self.assertEqual(client.get("http://upstream.test/").text, "ok")
        self.assertEqual((self.proxy.tokens(), self.proxy.connections), (["first", "first", "second"], 2))
        # The first one's are closed, since nobody uses them any more.
        until(lambda: self.proxy.open == 1)

    def test_an_answer_that_is_still_read_keeps_its_connection_when_the_token_changes(self) -> None:
        client = self.client()
        with client.stream("GET", "http://upstream.test/") as response:
            self.token = "second"
            client.get("http://upstream.test/")
            self.assertEqual((self.proxy.open, response.read()), (2, b"ok"))
        client.get("http://upstream.test/")
        until(lambda: self.proxy.open == 1)

    def test_nothing_of_the_environment_leads_past_the_proxy_and_no_redirect_is_followed(self) -> None:
        self.proxy.answer = b"HTTP/1.1 302 Found\r\nlocation: http://elsewhere.test/\r\ncontent-length: 0\r\n\r\n"
        with unittest.mock.patch.dict("os.environ", {"NO_PROXY": "*", "HTTP_PROXY": "http://127.0.0.1:9"}):
            self.assertEqual(self.client("token").get("http://upstream.test/").status_code, 302)
        self.assertEqual(len(self.proxy.heads), 1)

    def test_without_a_token_none_is_sent(self) -> None:
        with proxy_client(self.proxy.url, None) as client:
            client.get("http://upstream.test/")
        self.assertEqual((len(self.proxy.heads), self.proxy.tokens()), (1, []))

    def test_only_the_proxy_gets_the_token(self) -> None:
        self.client("SECRET").get("http://upstream.test/")
        (head,) = self.proxy.heads
        self.assertEqual([line.split(":")[0].lower() for line in head.splitlines() if "SECRET" in line], ["proxy-authorization"])


class RefusedTunnels(Case):
    def test_each_is_of_its_class_with_the_librarys_error_as_its_cause(self) -> None:
        self.proxy.refuses("policy_denied")
        with self.assertRaises(PolicyDeniedError) as caught:
            self.client().get("https://upstream.test/")
        self.assertEqual(
            (caught.exception.rule, caught.exception.decision, type(caught.exception.__cause__)), ("org/x", "dec_1", httpx.ProxyError)
        )
        self.assertTrue(self.proxy.heads[0].startswith("CONNECT upstream.test:443 "))
        self.proxy.refuses("token_expired", "407 Proxy Authentication Required")
        with self.assertRaises(TokenExpiredError):
            self.client().get("https://upstream.test/")

    def test_one_of_another_proxy_stays_what_it_is(self) -> None:
        self.proxy.answer = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        with self.assertRaises(httpx.ProxyError):
            self.client().get("https://upstream.test/")

    def test_in_asyncio_too_where_tokens_may_be_waited_for(self) -> None:
        async def story() -> str:
            async def token() -> str:
                return self.token

            async with async_proxy_client(self.proxy.url, token) as client:
                text = (await client.get("http://upstream.test/")).text
                self.token = "second"
                await client.get("http://upstream.test/")
                self.proxy.refuses("policy_denied")
                with self.assertRaises(PolicyDeniedError):
                    await client.get("https://upstream.test/")
                return text

        self.assertEqual(asyncio.run(story()), "ok")
        self.assertEqual(self.proxy.tokens(), ["first", "second", "second"])


class Misuse(unittest.TestCase):
    def test_what_would_send_the_token_readably_or_to_nobody_is_refused(self) -> None:
        unchecked = ssl.create_default_context()
        unchecked.check_hostname = False
        for wrong in (
            lambda: proxy_client("http://proxy.acme.com:8080", "t"),
            lambda: proxy_client("http://a:b@127.0.0.1:8080", "t"),
            lambda: proxy_client("socks5://127.0.0.1", "t"),
            lambda: proxy_client("http://127.0.0.1:8080", "t", ca=unchecked),
            lambda: proxy_client("http://127.0.0.1:8080", "t", ca="/nowhere.pem"),
            lambda: proxy_client("http://127.0.0.1:8080", "two words").get("http://upstream.test/"),
        ):
            with self.assertRaises(ConfigurationError):
                wrong()

    def test_no_token_is_shown_by_what_holds_it(self) -> None:
        with proxy_client("http://127.0.0.1:1", "SECRET") as client:
            self.assertNotIn("SECRET", f"{client!r} {client._transport!r}")
            with self.assertRaises(httpx.ConnectError) as caught:
                client.get("https://upstream.test/")
            self.assertNotIn("SECRET", f"{caught.exception!r}")
