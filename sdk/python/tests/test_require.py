from __future__ import annotations

import asyncio
import threading
import unittest
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx

from postern import (
    AgentRevokedError,
    AsyncPostern,
    ConfigurationError,
    ConnectionReauthRequiredError,
    ConnectionRequiredError,
    ConsentRequiredError,
    DelegationEndedError,
    PolicyDeniedError,
    Postern,
    PosternError,
    TokenExpiredError,
    UnavailableError,
    is_postern_error,
    private_key_jwt,
)

from .fake_authority import FakeAuthority, Form, Said, exchanged


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.authority = FakeAuthority()
        self.addCleanup(self.authority.close)
        self.postern = Postern(self.authority.url, "pr-reviewer", timeout_s=10)
        self.addCleanup(self.postern.close)

    def says(self, *said: Said) -> None:
        """One after another; the last for good."""
        left = list(said)
        lock = threading.Lock()

        def say(_: Form) -> Said:
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.authority.answers["/oauth2/token"] = say

    def refused(self, said: Said) -> PosternError:
        self.says(said)
        with self.assertRaises(PosternError) as caught:
            self.postern.require("github", "delegation")
        return caught.exception


class WhatIsAskedAndGiven(Case):
    def test_an_exchange_asks_for_what_was_named_and_gives_what_clients_need(self) -> None:
        self.says(Said(members=exchanged()))
        before = datetime.now(UTC)
        given = self.postern.require(
            "github", lambda: "delegation", scope=["pulls:read", "issues:read issues:write"], target=["acme-corp/backend", "acme-corp/web"]
        )
        self.assertEqual(
            self.authority.token_requests(),
            [
                {
                    "client_id": ["pr-reviewer"],
                    "grant_type": ["urn:ietf:params:oauth:grant-type:token-exchange"],
                    "subject_token": ["delegation"],
                    "subject_token_type": ["urn:ietf:params:oauth:token-type:access_token"],
                    "resource": ["github"],
                    "scope": ["pulls:read issues:read issues:write"],
                    "target": ["acme-corp/backend", "acme-corp/web"],
                    "delivery": ["proxied"],
                }
            ],
        )
        self.assertEqual(
            (
                given.access_token,
                given.token_type,
                given.authorization,
                given.expires_in,
                given.scope,
                given.targets,
                given.integration,
                given.base_url,
                given.delivery,
            ),
            (
                "stand-in.SECRET",
                "Bearer",
                "Bearer stand-in.SECRET",
                300,
                "github:pull_requests:read",
                ("acme-corp/backend",),
                "github",
                "https://proxy.acme.com:8443/github",
                "proxied",
            ),
        )
        assert given.expires_at is not None
        self.assertLess(abs(given.expires_at - before - timedelta(seconds=300)), timedelta(seconds=10))

    def test_nothing_named_is_nothing_sent_and_a_session_secret_is_called_one(self) -> None:
        self.says(Said(members=exchanged()))
        self.postern.require("github", "ses_abc.secret")
        (form,) = self.authority.token_requests()
        self.assertEqual(
            (form.get("scope"), form.get("target"), form["subject_token_type"]),
            (None, None, ["urn:postern:params:oauth:token-type:session"]),
        )

    def test_a_released_credential_without_an_end_has_none_here_either(self) -> None:
        members = exchanged(delivery="released", base_url="https://api.github.com")
        del members["expires_in"]
        self.says(Said(members=members))
        given = self.postern.require("github", "delegation", delivery="released")
        self.assertEqual((given.expires_in, given.expires_at, given.base_url), (None, None, "https://api.github.com"))

    def test_where_this_agent_reaches_the_proxy_counts_for_stand_ins(self) -> None:
        self.says(Said(members=exchanged()))
        with Postern(self.authority.url, "pr-reviewer", proxy_url="http://127.0.0.1:8080/") as postern:
            self.assertEqual(postern.require("github", "delegation").base_url, "http://127.0.0.1:8080/github")
            self.says(Said(members=exchanged(base_url=None)))
            self.assertEqual(postern.require("github", "delegation").base_url, "http://127.0.0.1:8080/github")
            self.says(Said(members=exchanged(delivery="released", base_url="https://api.github.com")))
            self.assertEqual(postern.require("github", "delegation", delivery="released").base_url, "https://api.github.com")
        self.says(Said(members=exchanged(base_url=None)))
        with self.assertRaises(ConfigurationError):
            self.postern.require("github", "delegation")

    def test_neither_a_credential_nor_an_error_shows_a_secret(self) -> None:
        self.says(Said(members=exchanged()))
        given = self.postern.require("github", "delegation-SECRET")
        self.assertNotIn("SECRET", f"{given!r} {given}")
        error = self.refused(Said(403, {"error": "policy_denied", "code": "policy_denied"}))
        self.assertNotIn("SECRET", f"{error!r} {error}")

    def test_a_client_with_a_key_makes_a_new_assertion_for_each_attempt(self) -> None:
        self.says(Said(cut=True), Said(members=exchanged()))
        signed: list[bytes] = []

        def sign(data: bytes) -> bytes:
            signed.append(data)
            return b"s" * 64

        with Postern(self.authority.url, "pr-reviewer", client_auth=private_key_jwt(sign)) as postern:
            postern.require("github", "delegation")
        assertions = [form["client_assertion"][0] for form in self.authority.token_requests()]
        self.assertEqual((len(signed), len(set(assertions))), (2, 2))

    def test_what_cannot_be_right_is_told_without_asking_anybody(self) -> None:
        for wrong in (
            lambda: self.postern.require("", "delegation"),
            lambda: self.postern.require("github", ""),
            lambda: self.postern.require("github", "two words"),
            lambda: self.postern.require("github", "delegation", scope=[]),
            lambda: self.postern.require("github", "delegation", target=""),
            lambda: self.postern.require("github", "delegation", delivery="other"),  # type: ignore[arg-type]
            lambda: Postern("http://postern.acme.com", "a"),
            lambda: Postern("https://u:p@postern.acme.com", "a"),
            lambda: Postern("https://postern.acme.com?x", "a"),
            lambda: Postern("https://postern.acme.com:99999", "a"),
            lambda: Postern("https://postern.acme.com", ""),
            lambda: Postern("https://postern.acme.com", "a", timeout_s=0),
            lambda: Postern("https://postern.acme.com", "a", ca="/nowhere.pem"),
        ):
            with self.assertRaises(ConfigurationError) as caught:
                wrong()
            self.assertEqual(caught.exception.code, "misconfigured")
        self.assertEqual(self.authority.asked, [])


class Refusals(Case):
    def test_each_is_of_its_class_with_what_mends_it(self) -> None:
        link = f"{self.authority.url}/more?session=ses_1"
        consent = self.refused(
            Said(403, {"error": "consent_required", "code": "consent_required", "consent_url": link, "missing_scopes": ["issues:write"]})
        )
        assert isinstance(consent, ConsentRequiredError)
        self.assertEqual((consent.consent_url, consent.missing_scopes, consent.status), (link, ("issues:write",), 403))
        denied = self.refused(
            Said(403, {"error": "policy_denied", "layer": "org_policy", "rule": "org/x", "error_description": "Not \x1b[2Jhere."})
        )
        assert isinstance(denied, PolicyDeniedError)
        self.assertEqual((denied.layer, denied.rule, denied.reason), ("org_policy", "org/x", "Not ?[2Jhere. (policy_denied)"))
        connect = self.refused(Said(403, {"error": "connection_required", "connect_url": link}))
        assert isinstance(connect, ConnectionRequiredError)
        self.assertEqual(connect.connect_url, link)

    def test_the_code_decides_and_oauths_own_word_where_there_is_none(self) -> None:
        cases: list[tuple[Said, type[PosternError], str]] = [
            (Said(403, {"error": "connection_reauth_required"}), ConnectionReauthRequiredError, "connection_reauth_required"),
            (Said(400, {"error": "invalid_request", "code": "token_expired"}), TokenExpiredError, "token_expired"),
            (Said(400, {"error": "invalid_grant", "code": "delegation_revoked"}), DelegationEndedError, "delegation_revoked"),
            (Said(403, {"error": "agent_revoked"}), AgentRevokedError, "agent_revoked"),
            (Said(401, {"error": "invalid_client"}), ConfigurationError, "invalid_client"),
            (Said(400, {"error": "of_a_newer_authority"}), PosternError, "of_a_newer_authority"),
            (Said(500, {"error": "of_a_newer_authority"}), UnavailableError, "of_a_newer_authority"),
            (Said(502, raw=b"<html>"), UnavailableError, "temporarily_unavailable"),
            (Said(200, raw=b"[" * 100_000), UnavailableError, "answer_malformed"),
            (Said(200, raw=b" " * 300_000), UnavailableError, "answer_malformed"),
            (Said(302, headers={"location": "https://evil.example"}), UnavailableError, "answer_malformed"),
        ]
        for said, kind, code in cases:
            with self.subTest(code=code, status=said.status):
                error = self.refused(said)
                self.assertEqual((type(error), error.code, is_postern_error(error, code)), (kind, code, True))

    def test_an_answer_that_is_not_what_was_asked_for_is_no_credential(self) -> None:
        for changes in (
            {"access_token": ""},
            {"access_token": "a\nb"},
            {"delivery": "released"},
            {"authorization_details": []},
            {"expires_in": None},
            {"expires_in": True},
        ):
            with self.subTest(changes):
                self.assertEqual(self.refused(Said(members=exchanged(**changes))).code, "answer_malformed")

    def test_links_that_no_person_should_be_shown_are_left_out(self) -> None:
        for link in (
            "javascript:alert(1)",
            "http://evil.example/",
            "https://u@evil.example/",
            "https://a b/",
            "https://evil\u202e.example/",
        ):
            error = self.refused(Said(403, {"error": "consent_required", "consent_url": link}))
            assert isinstance(error, ConsentRequiredError)
            self.assertIsNone(error.consent_url, link)

    def test_metadata_of_another_issuer_or_origin_are_not_followed(self) -> None:
        for changes in ({"issuer": "https://evil.example"}, {"token_endpoint": "https://evil.example/token"}):
            self.authority.answers["/.well-known/oauth-authorization-server"] = lambda _, changes=changes: Said(
                members=self.authority.metadata(**changes)
            )  # type: ignore[misc]
            self.assertEqual(self.refused(Said(members=exchanged())).code, "misconfigured")
        self.assertEqual(self.authority.token_requests(), [])


class WhatIsTriedAgain(Case):
    def test_a_lost_answer_and_a_busy_authority_are_asked_again_within_bounds(self) -> None:
        self.says(Said(cut=True), Said(503, {"error": "temporarily_unavailable"}, {"retry-after": "0"}), Said(members=exchanged()))
        self.assertEqual(self.postern.require("github", "delegation").integration, "github")
        self.assertEqual(len(self.authority.token_requests()), 3)
        self.assertEqual(self.refused(Said(cut=True)).code, "network_error")
        self.assertEqual(len(self.authority.token_requests()), 6)

    def test_what_says_to_come_back_after_the_deadline_is_told_at_once(self) -> None:
        error = self.refused(Said(503, {"error": "temporarily_unavailable"}, {"retry-after": "120"}))
        self.assertEqual((type(error), error.retry_after_ms, len(self.authority.token_requests())), (UnavailableError, 120_000, 1))

    def test_a_refusal_is_not_asked_again(self) -> None:
        self.refused(Said(403, {"error": "policy_denied"}))
        self.assertEqual(len(self.authority.token_requests()), 1)

    def test_an_authority_that_does_not_answer_is_given_up(self) -> None:
        held = threading.Event()
        self.addCleanup(held.set)
        self.authority.answers["/oauth2/token"] = lambda _: Said(500 if held.wait(10) else 200)
        with Postern(self.authority.url, "pr-reviewer", timeout_s=0.3) as postern, self.assertRaises(UnavailableError) as caught:
            postern.require("github", "delegation")
        self.assertEqual(caught.exception.code, "timeout")


class Held(Case):
    """An authority whose answers are held back until everybody has asked."""

    def setUp(self) -> None:
        super().setUp()
        self.arrived, self.release = threading.Semaphore(0), threading.Event()
        self.addCleanup(self.release.set)
        self.outcome = Said(members=exchanged())

        def say(_: Form) -> Said:
            self.arrived.release()
            self.release.wait(10)
            return self.outcome

        self.authority.answers["/oauth2/token"] = say

    def waiting(self, count: int) -> None:
        """Polls until so many callers share what is under way."""
        flights = self.postern._flights._under_way
        until(lambda: sum(len(flight._condition._waiters) for flight in flights.values()) == count)  # type: ignore[attr-defined]


class CallsThatShare(Held):
    def together(self, count: int) -> list[object]:
        outcomes: list[object] = []

        def ask() -> None:
            try:
                outcomes.append(self.postern.require("github", "delegation"))
            except PosternError as error:
                outcomes.append(error.code)

        threads = [threading.Thread(target=ask) for _ in range(count)]
        for thread in threads:
            thread.start()
        self.arrived.acquire(timeout=10)
        self.waiting(count - 1)
        self.release.set()
        for thread in threads:
            thread.join(10)
        return outcomes

    def test_identical_calls_under_way_are_one_and_the_next_is_fresh(self) -> None:
        outcomes = self.together(8)
        self.assertEqual((len(outcomes), len(set(map(id, outcomes))), len(self.authority.token_requests())), (8, 1, 1))
        self.postern.require("github", "delegation")
        self.assertEqual(len(self.authority.token_requests()), 2)

    def test_they_share_a_refusal_too(self) -> None:
        self.outcome = Said(403, {"error": "agent_revoked"})
        self.assertEqual((self.together(4), len(self.authority.token_requests())), (["agent_revoked"] * 4, 1))

    def test_calls_that_differ_are_not_shared(self) -> None:
        self.release.set()
        differing: list[Callable[[], object]] = [
            lambda: self.postern.require("github", "delegation"),
            lambda: self.postern.require("github", "another"),
            lambda: self.postern.require("slack", "delegation"),
            lambda: self.postern.require("github", "delegation", scope="pulls:read"),
            lambda: self.postern.require("github", "delegation", target="acme-corp/web"),
        ]
        threads = [threading.Thread(target=ask) for ask in differing]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        self.assertEqual(len(self.authority.token_requests()), len(differing))

    def test_a_caller_that_is_interrupted_does_not_fail_the_others(self) -> None:
        from postern._single_flight import SingleFlight

        flights: SingleFlight[str] = SingleFlight()
        begun, interrupt = threading.Event(), threading.Event()
        results: list[str] = []

        def interrupted() -> str:
            begun.set()
            interrupt.wait(10)
            raise KeyboardInterrupt

        def lead() -> None:
            with self.assertRaises(KeyboardInterrupt):
                flights.run("", interrupted)

        leader = threading.Thread(target=lead)
        leader.start()
        begun.wait(10)
        follower = threading.Thread(target=lambda: results.append(flights.run("", lambda: "fresh")))
        follower.start()
        until(lambda: any(flight._condition._waiters for flight in flights._under_way.values()))  # type: ignore[attr-defined]
        interrupt.set()
        leader.join(10)
        follower.join(10)
        self.assertEqual(results, ["fresh"])


class InAsyncio(Held):
    def test_identical_calls_share_and_one_that_is_cancelled_leaves_the_others_theirs(self) -> None:
        async def story() -> tuple[list[object], int]:
            async with AsyncPostern(self.authority.url, "pr-reviewer") as postern:

                async def token() -> str:
                    return "delegation"

                tasks = [asyncio.create_task(postern.require("github", source)) for source in ("delegation", token, lambda: "delegation")]
                await asyncio.to_thread(self.arrived.acquire, timeout=10)
                await auntil(lambda: sum(flight.waiting for flight in postern._flights._under_way.values()) == 3)
                tasks[0].cancel()
                await asyncio.wait(tasks[:1])
                self.release.set()
                outcomes = await asyncio.gather(*tasks, return_exceptions=True)
                return list(outcomes), len(self.authority.token_requests())

        outcomes, requests = asyncio.run(story())
        self.assertIsInstance(outcomes[0], asyncio.CancelledError)
        self.assertEqual(
            (outcomes[1] is outcomes[2], getattr(outcomes[1], "base_url", None), requests), (True, "https://proxy.acme.com:8443/github", 1)
        )

    def test_what_every_caller_gave_up_is_given_up_and_the_next_begins_anew(self) -> None:
        async def story() -> int:
            async with AsyncPostern(self.authority.url, "pr-reviewer") as postern:
                task = asyncio.create_task(postern.require("github", "delegation"))
                await asyncio.to_thread(self.arrived.acquire, timeout=10)
                task.cancel()
                await asyncio.wait([task])
                self.assertEqual(postern._flights._under_way, {})
                self.release.set()
                await postern.require("github", "delegation")
                return len(self.authority.token_requests())

        self.assertEqual(asyncio.run(story()), 2)

    def test_a_client_of_ones_own_is_used_and_left_open_but_follows_no_redirect(self) -> None:
        async def story() -> str:
            self.authority.answers["/oauth2/token"] = lambda _: Said(307, headers={"location": f"{self.authority.url}/elsewhere"})
            async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as http:
                async with AsyncPostern(self.authority.url, "pr-reviewer", http=http) as postern:
                    with self.assertRaises(PosternError):
                        await postern.require("github", "delegation-SECRET")
                self.assertFalse(http.is_closed)
            return str([path for path, _ in self.authority.asked])

        self.assertNotIn("elsewhere", asyncio.run(story()))


def until(condition: Callable[[], bool]) -> None:
    """Polls a condition, for ten seconds at most."""
    turn = threading.Event()
    for _ in range(1000):
        if condition():
            return
        turn.wait(0.01)
    raise AssertionError("it did not come to pass")


async def auntil(condition: Callable[[], bool]) -> None:
    """As `until`, in asyncio."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to pass")
