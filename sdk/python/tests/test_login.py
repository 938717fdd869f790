from __future__ import annotations

import base64
import hashlib
import socket
import threading
import unittest
from collections.abc import Callable
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from postern import AccessRequest, ConfigurationError, DevicePrompt, LoginFailedError, PosternError, login

from .fake_authority import FakeAuthority, Form, Said, granted
from .test_session import MemoryStore


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.authority = FakeAuthority()
        self.addCleanup(self.authority.close)
        self.authority.answers["/oauth2/token"] = lambda _: Said(members=granted(1))


class ByABrowserOnThisMachine(Case):
    def sign_in(self, browse: Callable[[dict[str, str]], object], **options: object) -> str:
        """`browse` gets the parameters that the browser was sent to the authority with."""

        def open_url(url: str) -> None:
            self.opened = url
            asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            # A browser is another program, that answers when it likes.
            threading.Thread(target=browse, args=(asked,)).start()

        session = login(self.authority.url, "pr-reviewer", scope="github:pulls:read", open_url=open_url, login_timeout_s=8, **options)  # type: ignore[arg-type]
        with session:
            return session.access_token()

    def back(self, asked: dict[str, str], **answer: str) -> httpx.Response:
        query = {"code": "the-code", "state": asked["state"], "iss": self.authority.url, **answer}
        return httpx.get(f"{asked['redirect_uri']}?{urlencode(query)}", trust_env=False)

    def test_it_asks_with_pkce_and_redeems_the_code_with_what_proves_it(self) -> None:
        asked: dict[str, str] = {}
        pages: list[httpx.Response] = []

        def browse(parameters: dict[str, str]) -> None:
            asked.update(parameters)
            pages.append(self.back(parameters))

        store = MemoryStore()
        self.assertEqual(
            self.sign_in(browse, store=store, access=[AccessRequest("slack", ["chat:write"], ["#general"])], session="ses_1"), "access-1"
        )
        self.assertTrue(self.opened.startswith(f"{self.authority.url}/oauth2/authorize?"))
        (form,) = self.authority.token_requests()
        verifier = form["code_verifier"][0]
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        self.assertEqual(
            (asked["code_challenge"], asked["code_challenge_method"], asked["response_type"], asked["scope"], asked["postern_session"]),
            (challenge, "S256", "code", "github:pulls:read", "ses_1"),
        )
        self.assertEqual(
            asked["authorization_details"],
            '[{"type": "postern", "integration": "slack", "scopes": ["chat:write"], "targets": ["#general"]}]',
        )
        self.assertEqual(
            (form["code"], form["redirect_uri"], form["grant_type"], form["client_id"]),
            (["the-code"], [asked["redirect_uri"]], ["authorization_code"], ["pr-reviewer"]),
        )
        self.assertRegex(asked["redirect_uri"], r"^http://127\.0\.0\.1:\d+/callback$")
        kept = store.saved[-1]
        assert kept is not None
        self.assertEqual(kept.refresh_token, "refresh-1")

    def test_the_page_holds_nothing_of_the_answer_and_asks_the_browser_to_keep_nothing(self) -> None:
        pages: list[httpx.Response] = []
        self.sign_in(lambda asked: pages.append(self.back(asked)))
        until_page = pages[0]
        self.assertEqual(
            (until_page.status_code, until_page.headers["cache-control"], until_page.headers["referrer-policy"]),
            (200, "no-store", "no-referrer"),
        )
        self.assertIn("default-src 'none'", until_page.headers["content-security-policy"])
        self.assertNotIn("the-code", until_page.text)

    def test_what_is_not_the_answer_changes_nothing(self) -> None:
        seen: list[int] = []

        def browse(asked: dict[str, str]) -> None:
            place = urlsplit(asked["redirect_uri"])
            good = urlencode({"code": "evil", "state": asked["state"], "iss": self.authority.url})
            for url, host in (
                (f"{asked['redirect_uri']}?code=evil&state=wrong", None),
                (f"{asked['redirect_uri']}?code=evil", None),
                (f"http://{place.netloc}/other?{good}", None),
                (f"{asked['redirect_uri']}?{good}&state=twice", None),
                (f"{asked['redirect_uri']}?{good}", "evil.example"),
                (f"{asked['redirect_uri']}?{good}{'&a=' * 40}", None),
            ):
                seen.append(httpx.get(url, trust_env=False, headers={} if host is None else {"host": host}).status_code)
            seen.append(httpx.post(f"{asked['redirect_uri']}?{good}", trust_env=False).status_code)
            # A connection that is opened and never used, as browsers do.
            with socket.create_connection((place.hostname or "", place.port or 0)):
                self.back(asked)

        self.sign_in(browse)
        self.assertEqual(seen, [400] * 6 + [501])
        self.assertEqual([form["code"] for form in self.authority.token_requests()], [["the-code"]])

    def test_a_no_another_authoritys_answer_and_silence_end_it_and_the_port_is_closed(self) -> None:
        cases: list[tuple[dict[str, str], str]] = [
            ({"error": "access_denied"}, "access_denied"),
            ({"iss": "https://evil.example"}, "login_answer_refused"),
            ({"code": ""}, "login_answer_refused"),
            ({"error": "something_new"}, "something_new"),
        ]
        for answer, code in cases:
            places: list[str] = []

            def browse(asked: dict[str, str], answer: dict[str, str] = answer, places: list[str] = places) -> None:
                places.append(asked["redirect_uri"])
                self.back(asked, **answer)

            with self.subTest(code), self.assertRaises(LoginFailedError) as caught:
                self.sign_in(browse)
            self.assertEqual(caught.exception.code, code)
            with self.assertRaises(httpx.ConnectError):
                httpx.get(places[0], trust_env=False)
        with self.assertRaises(LoginFailedError) as caught:
            login(self.authority.url, "pr-reviewer", scope="github:pulls:read", open_url=lambda _: None, login_timeout_s=0.2)
        self.assertEqual((caught.exception.code, self.authority.token_requests()), ("login_timeout", []))

    def test_a_code_whose_answer_was_lost_is_not_shown_again(self) -> None:
        self.authority.answers["/oauth2/token"] = lambda _: Said(cut=True)
        with self.assertRaises(PosternError) as caught:
            self.sign_in(self.back)
        self.assertEqual((caught.exception.code, len(self.authority.token_requests())), ("network_error", 1))

    def test_a_store_that_fails_and_a_wrong_option_are_told(self) -> None:
        store = MemoryStore()
        store.fails = True
        with self.assertRaises(PosternError) as caught:
            self.sign_in(self.back, store=store)
        self.assertEqual(caught.exception.code, "store_failed")
        for options in (
            {},
            {"flow": "device"},
            {"flow": "other"},
            {"open_url": print, "redirect_path": "callback"},
            {"open_url": print, "scope": None},
            {"open_url": print, "access": [AccessRequest("github", "pulls:read", ["*"])]},
        ):
            with self.assertRaises(ConfigurationError):
                login(self.authority.url, "pr-reviewer", **{"scope": "github:pulls:read", **options})  # type: ignore[arg-type]


class ByABrowserAnywhere(Case):
    def setUp(self) -> None:
        super().setUp()
        self.begun = {
            "device_code": "the-device-code",
            "user_code": "MKZD-VMCL",
            "verification_uri": f"{self.authority.url}/device",
            "expires_in": 600,
            "interval": 5,
        }
        self.authority.answers["/oauth2/device"] = lambda _: Said(members=self.begun)
        self.waited: list[float] = []
        self.prompts: list[DevicePrompt] = []
        sleeping = mock.patch("postern._steps.time.sleep", self.waited.append)
        sleeping.start()
        self.addCleanup(sleeping.stop)

    def sign_in(self, *said: Said) -> str:
        left = list(said)
        self.authority.answers["/oauth2/token"] = lambda _: left.pop(0)
        with login(
            self.authority.url, "pr-reviewer", flow="device", scope="github:pulls:read", on_user_code=self.prompts.append
        ) as session:
            return session.access_token()

    def test_it_shows_the_code_and_waits_as_long_as_it_is_told(self) -> None:
        pending, slow = Said(400, {"error": "authorization_pending"}), Said(400, {"error": "slow_down"})
        self.assertEqual(self.sign_in(pending, slow, pending, Said(cut=True), Said(members=granted(1))), "access-1")
        self.assertEqual(self.waited, [5, 5, 10, 10, 20])
        self.assertEqual(
            [(prompt.user_code, prompt.url, prompt.complete_url) for prompt in self.prompts],
            [("MKZD-VMCL", f"{self.authority.url}/device", None)],
        )
        forms: list[Form] = self.authority.token_requests()
        self.assertEqual({form["device_code"][0] for form in forms}, {"the-device-code"})

    def test_a_no_and_an_end_are_told(self) -> None:
        for code in ("access_denied", "expired_token"):
            with self.assertRaises(LoginFailedError) as caught:
                self.sign_in(Said(400, {"error": code}))
            self.assertEqual(caught.exception.code, code)

    def test_a_code_that_nobody_types_in_ends_by_itself(self) -> None:
        self.begun["expires_in"] = 3
        with self.assertRaises(LoginFailedError) as caught:
            self.sign_in()
        self.assertEqual((caught.exception.code, self.waited), ("expired_token", []))

    def test_an_answer_without_a_place_to_go_to_is_none(self) -> None:
        for wrong in ({"verification_uri": "javascript:x"}, {"user_code": ""}, {"expires_in": None}):
            self.begun = {**self.begun, **wrong}
            with self.assertRaises(PosternError) as caught:
                self.sign_in()
            self.assertEqual(caught.exception.code, "answer_malformed")
        self.assertEqual(self.prompts, [])
