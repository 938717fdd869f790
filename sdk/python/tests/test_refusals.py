from __future__ import annotations

import pickle
import unittest
from typing import Any

import httpx

from postern import (
    ApprovalRequiredError,
    ConsentRequiredError,
    PolicyDeniedError,
    PosternError,
    RateLimitedError,
    from_response,
    is_postern_error,
    to_postern_error,
)
from postern.codes import ERROR_CLASSES, error_from
from postern.errors import Refusal

LINK = "https://postern.acme.com/more?session=ses_1"
STATUS = 'postern; error=http_request_denied; details="policy_denied rule=org/x decision=dec_1"'


def answer(status: int, members: object, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=members, headers={name.replace("_", "-"): value for name, value in headers.items()})


class WhatTheProxyRefused(unittest.TestCase):
    def test_each_of_its_forms_is_read(self) -> None:
        ours = {
            "code": "consent_required",
            "title": "Not consented.",
            "hint": "Ask.",
            "decision": "dec_1",
            "link": LINK,
            "missing_scopes": ["issues:write"],
        }
        forms: dict[str, object] = {
            "problem details": {**ours, "type": "urn:postern:consent_required", "detail": "Ask.", "hint": None},
            "GitHub": {"message": "Postern: …", "documentation_url": LINK, "status": "403", "postern": ours},
            "Slack": {
                "ok": False,
                "error": "postern_consent_required",
                "needed": "issues:write",
                "postern": {**ours, "missing_scopes": None},
            },
            "GraphQL": {"errors": [{"message": "x"}, {"message": "y", "extensions": {"postern": ours}}]},
            "JSON-RPC": {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "x", "data": {"postern": ours}}},
        }
        for name, members in forms.items():
            with self.subTest(name):
                error = from_response(answer(200 if name == "Slack" else 403, members))
                assert isinstance(error, ConsentRequiredError)
                self.assertEqual((error.consent_url, error.missing_scopes, error.decision), (LINK, ("issues:write",), "dec_1"))
                self.assertEqual(str(error), "Not consented. Ask. (consent_required, dec_1)")

    def test_without_a_body_the_proxy_status_tells_it(self) -> None:
        error = from_response(httpx.Response(403, headers={"proxy-status": f"edge; error=x, {STATUS}"}))
        assert isinstance(error, PolicyDeniedError)
        self.assertEqual((error.code, error.rule, error.decision, error.status), ("policy_denied", "org/x", "dec_1", 403))

    def test_a_limit_says_how_long_to_wait(self) -> None:
        error = from_response(answer(429, {"type": "urn:postern:rate_limited", "code": "rate_limited"}, retry_after="7"))
        assert isinstance(error, RateLimitedError)
        self.assertEqual(error.retry_after_ms, 7000)

    def test_what_the_upstream_itself_answered_is_no_refusal(self) -> None:
        for members in (
            {},
            {"message": "Not Found"},
            {"ok": False, "error": "channel_not_found"},
            {"code": "policy_denied"},
            [1],
            {"errors": "x"},
            {"type": "about:blank", "code": "policy_denied"},
            {"postern": {"code": 7}},
            {"postern": "x"},
            {"error": {"code": "x"}},
        ):
            self.assertIsNone(from_response(answer(403, members)), members)
        for status in ("", 'edge; details="policy_denied decision=dec_1"', 'postern; error=x; details="policy_denied"'):
            self.assertIsNone(from_response(httpx.Response(403, headers={"proxy-status": status})), status)

    def test_links_lead_to_the_authority_where_it_is_named(self) -> None:
        def link(url: str, authority_url: str | None) -> str | None:
            error = from_response(answer(403, {"postern": {"code": "approval_required", "link": url}}), authority_url=authority_url)
            assert isinstance(error, ApprovalRequiredError)
            return error.approval_url

        self.assertEqual(link(LINK, "https://postern.acme.com"), LINK)
        for elsewhere in (
            "https://postern.acme.com.evil.example/",
            "https://postern.acme.com:8443/",
            "http://localhost/",
            "https://x@postern.acme.com/",
            "https://[",
        ):
            self.assertIsNone(link(elsewhere, "https://postern.acme.com"), elsewhere)
        self.assertEqual(link("https://elsewhere.example/", None), "https://elsewhere.example/")
        self.assertIsNone(link("http://elsewhere.example/", None))

    def test_what_an_upstream_makes_up_in_our_form_breaks_nothing(self) -> None:
        for made_up in ("Mon, 01 Jan 2024 00:00:00 +99999999999999", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"):
            error = from_response(answer(403, {"postern": {"code": "rate_limited"}}, retry_after=made_up))
            assert isinstance(error, RateLimitedError)
            self.assertIsNone(error.retry_after_ms)
        for link in ("https://postern.acme.com:99999/more", "https://postern.acme.com:x/more"):
            for authority in (None, "https://postern.acme.com"):
                error = from_response(answer(403, {"postern": {"code": "consent_required", "link": link}}), authority_url=authority)
                assert isinstance(error, ConsentRequiredError)
                self.assertIsNone(error.consent_url)

    def test_a_streamed_answer_that_was_not_read_is_left_alone(self) -> None:
        with httpx.Client(
            transport=httpx.MockTransport(lambda _: httpx.Response(403, json={"postern": {"code": "agent_revoked"}}))
        ) as client:
            with client.stream("GET", "https://api.github.com/") as response:
                response.request.extensions.clear()
                unread = httpx.Response(403, headers={"proxy-status": STATUS}, stream=response.stream)
                self.assertIsInstance(from_response(unread), PolicyDeniedError)


class WhatLibrariesRaise(unittest.TestCase):
    def test_the_refusal_is_found_where_each_of_them_keeps_it(self) -> None:
        body = {"postern": {"code": "policy_denied", "rule": "org/x"}}

        class Answered:
            def __init__(self, **members: object) -> None:
                self.__dict__.update(members)

        raised: dict[str, object] = {
            "httpx": answer(403, body),
            "requests": Answered(
                status_code=403, headers={"Retry-After": "1"}, content=b'{"postern":{"code":"policy_denied","rule":"org/x"}}'
            ),
            "slack_sdk": Answered(status_code=200, headers={}, data={"ok": False, **body}),
        }
        for name, response in raised.items():
            with self.subTest(name):
                error = Exception("of a library")
                error.response = response  # type: ignore[attr-defined]
                outer = RuntimeError("of what used it")
                outer.__cause__ = error
                found = to_postern_error(outer)
                assert isinstance(found, PolicyDeniedError)
                self.assertEqual((found.rule, found.__cause__), ("org/x", outer))
        github: Any = Exception("of PyGithub")
        github.status, github.data, github.headers = 403, body, {}
        self.assertIsInstance(to_postern_error(github), PolicyDeniedError)

    def test_whatever_else_went_wrong_is_none_of_ours(self) -> None:
        self.assertIsNone(to_postern_error(ValueError("x")))
        loop = ValueError("x")
        loop.__context__ = ValueError("y")
        loop.__context__.__context__ = loop
        self.assertIsNone(to_postern_error(loop))


class TheErrorsThemselves(unittest.TestCase):
    def test_each_code_has_its_class_which_is_known_without_the_class(self) -> None:
        for code, kind in ERROR_CLASSES.items():
            error = error_from(Refusal(code, "text"))
            self.assertEqual((type(error), error.code, str(error)), (kind, code, "text"))
            self.assertTrue(is_postern_error(error, code))
            self.assertFalse(is_postern_error(error, "another"))
        self.assertFalse(is_postern_error(ValueError()))
        self.assertFalse(is_postern_error(PosternError))

    def test_they_survive_the_way_between_processes(self) -> None:
        error = error_from(Refusal("consent_required", "text", status=403, link=LINK, missing_scopes=("a",)))
        copy = pickle.loads(pickle.dumps(error))
        assert isinstance(copy, ConsentRequiredError)
        self.assertEqual((copy.code, copy.consent_url, copy.missing_scopes, str(copy)), ("consent_required", LINK, ("a",), "text"))

    def test_what_a_terminal_would_obey_is_shown_instead(self) -> None:
        error = error_from(Refusal("policy_denied", "a\x1b]0;b\nc\u202ed" + "e" * 1000))
        self.assertEqual(str(error)[:10], "a?]0;b?c?d")
        self.assertLessEqual(len(str(error)), 500)
