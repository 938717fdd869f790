from __future__ import annotations

import os
import tempfile
import threading
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from postern import AccessRequest, ConfigurationError, DelegationEndedError, FileStore, Session, StoredSession, UnavailableError, login
from postern._client import client_of
from postern._http import http_client
from postern._token_answer import now_ms

from .fake_authority import FakeAuthority, Form, Said, granted
from .test_require import until


def stored(url: str, *, left_s: float = 0, asked: str = "") -> StoredSession:
    return StoredSession(
        url, "pr-reviewer", asked, "access-0", now_ms() + round(left_s * 1000), "refresh-0", "github:pulls:read", ({"type": "postern"},)
    )


class MemoryStore:
    """Remembers in which order things happened."""

    def __init__(self) -> None:
        self.saved: list[StoredSession | None] = []
        self.fails = False

    def load(self) -> StoredSession | None:
        return self.saved[-1] if self.saved else None

    def save(self, session: StoredSession) -> None:
        if self.fails:
            raise OSError("the disk is full")
        self.saved.append(session)

    def clear(self) -> None:
        if self.fails:
            raise OSError("the disk is full")
        self.saved.append(None)


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.authority = FakeAuthority()
        self.addCleanup(self.authority.close)
        self.store = MemoryStore()
        self.authority.answers["/oauth2/token"] = lambda _: Said(members=granted(len(self.authority.token_requests())))
        self.authority.answers["/oauth2/revoke"] = lambda _: Said()

    def session(self, left_s: float = 0) -> Session:
        client = client_of(self.authority.url, "pr-reviewer", None, 10, False)
        session = Session(stored(self.authority.url, left_s=left_s), client, http_client(None), self.store, taken_up=False)
        self.addCleanup(session.close)
        return session

    def refresh_tokens(self) -> list[str]:
        return [form["refresh_token"][0] for form in self.authority.token_requests()]


class Renewal(Case):
    def test_a_token_with_time_left_is_given_as_it_is(self) -> None:
        session = self.session(left_s=300)
        self.assertEqual((session.access_token(), session.scope, self.authority.asked), ("access-0", "github:pulls:read", []))

    def test_of_many_threads_one_renews_and_all_get_the_new_token(self) -> None:
        session, tokens = self.session(), list[str]()
        threads = [threading.Thread(target=lambda: tokens.append(session.access_token())) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        self.assertEqual((tokens, self.refresh_tokens()), (["access-1"] * 12, ["refresh-0"]))

    def test_each_refresh_token_is_used_for_one_renewal_and_kept_before_the_new_token_is_given(self) -> None:
        session = self.session()
        told: list[StoredSession | None] = []
        session.on_renewed(lambda: told.append(self.store.load()))
        self.assertEqual((session.access_token(), session.renew(), session.renew()), ("access-1", "access-2", "access-3"))
        self.assertEqual(self.refresh_tokens(), ["refresh-0", "refresh-1", "refresh-2"])
        self.assertEqual([kept.refresh_token for kept in told if kept is not None], ["refresh-1", "refresh-2", "refresh-3"])

    def test_a_store_that_fails_gives_nobody_the_token_until_it_does_not_and_nothing_is_renewed_twice(self) -> None:
        session = self.session()
        self.store.fails = True
        for _ in range(2):
            with self.assertRaises(UnavailableError) as caught:
                session.access_token()
            self.assertEqual(caught.exception.code, "store_failed")
        self.store.fails = False
        self.assertEqual((session.access_token(), self.refresh_tokens()), ("access-1", ["refresh-0"]))

    def test_a_lost_answer_is_asked_for_again_with_the_same_token(self) -> None:
        said = [Said(cut=True), Said(members=granted(1))]
        self.authority.answers["/oauth2/token"] = lambda _: said.pop(0)
        self.assertEqual((self.session().access_token(), self.refresh_tokens()), ("access-1", ["refresh-0", "refresh-0"]))

    def test_not_now_is_not_never_while_the_present_token_lasts(self) -> None:
        self.authority.answers["/oauth2/token"] = lambda _: Said(500)
        session = self.session(left_s=30)
        session._margin_ms = 60_000
        self.assertEqual([session.access_token(), session.access_token()], ["access-0", "access-0"])
        # Not at every call, while there is something left to lose.
        self.assertEqual(len(self.refresh_tokens()), 1)
        with self.assertRaises(UnavailableError):
            session.renew()
        with self.assertRaises(UnavailableError):
            self.session(left_s=1).access_token()

    def test_one_that_is_wanted_at_will_is_not_the_one_that_is_under_way(self) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def say(_: Form) -> Said:
            begun.set()
            go_on.wait(10)
            return Said(members=granted(len(self.authority.token_requests())))

        self.authority.answers["/oauth2/token"] = say
        session, told = self.session(), list[str]()
        threads = [threading.Thread(target=lambda ask=ask: told.append(ask())) for ask in (session.access_token, session.renew)]
        threads[0].start()
        begun.wait(10)
        # From here on the person has approved more, which the answer under way may not say.
        threads[1].start()
        threads[1].join(0.2)
        go_on.set()
        for thread in threads:
            thread.join(10)
        self.assertEqual(self.refresh_tokens(), ["refresh-0", "refresh-1"])
        self.assertEqual(session.access_token(), "access-2")

    def test_what_is_over_is_over_without_asking_again_and_forgotten(self) -> None:
        self.authority.answers["/oauth2/token"] = lambda _: Said(400, {"error": "invalid_grant"})
        session = self.session()
        for _ in range(2):
            with self.assertRaises(DelegationEndedError):
                session.access_token()
        self.assertEqual((len(self.refresh_tokens()), self.store.saved), (1, [None]))

    def test_without_a_refresh_token_it_ends_with_its_token(self) -> None:
        session = self.session()
        session._tokens = replace(session._tokens, refresh_token=None)
        with self.assertRaises(DelegationEndedError):
            session.access_token()
        self.assertEqual(self.authority.token_requests(), [])


class Logout(Case):
    def test_it_revokes_what_is_held_and_gives_no_token_any_more(self) -> None:
        session = self.session(left_s=300)
        session.logout()
        self.assertEqual(
            [form for path, form in self.authority.asked if path == "/oauth2/revoke"],
            [{"client_id": ["pr-reviewer"], "token": ["refresh-0"]}],
        )
        with self.assertRaises(DelegationEndedError) as caught:
            session.access_token()
        self.assertEqual((caught.exception.code, self.store.saved), ("logged_out", [None]))

    def test_an_authority_that_cannot_be_told_is_told_by_the_next_call(self) -> None:
        session = self.session(left_s=300)
        self.authority.answers["/oauth2/revoke"] = lambda _: Said(500)
        with self.assertRaises(UnavailableError):
            session.logout()
        with self.assertRaises(DelegationEndedError):
            session.access_token()
        self.authority.answers["/oauth2/revoke"] = lambda _: Said()
        session.logout()
        self.assertEqual(len([path for path, _ in self.authority.asked if path == "/oauth2/revoke"]), 2)

    def test_a_renewal_under_way_is_waited_for_so_that_its_tokens_are_revoked(self) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def say(_: Form) -> Said:
            begun.set()
            go_on.wait(10)
            return Said(members=granted(1))

        self.authority.answers["/oauth2/token"] = say
        session = self.session()
        outcome: list[str] = []

        def renew() -> None:
            try:
                outcome.append(session.access_token())
            except DelegationEndedError as error:
                outcome.append(error.code)

        renewing = threading.Thread(target=renew)
        renewing.start()
        begun.wait(10)
        leaving = threading.Thread(target=session.logout)
        leaving.start()
        until(lambda: session._end is not None)
        go_on.set()
        renewing.join(10)
        leaving.join(10)
        self.assertEqual([form["token"] for path, form in self.authority.asked if path == "/oauth2/revoke"], [["refresh-1"]])
        self.assertEqual(outcome, ["logged_out"])


class TheFile(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "session.json"
        self.store = FileStore(self.path)

    def test_it_gives_back_what_was_kept_is_for_its_owner_alone_and_forgets(self) -> None:
        session = stored("https://postern.acme.com")
        self.assertIsNone(self.store.load())
        for kept in (session, replace(session, refresh_token=None)):
            self.store.save(kept)
            self.assertEqual(
                (self.store.load(), self.path.stat().st_mode & 0o777, os.listdir(self.path.parent)), (kept, 0o600, ["session.json"])
            )
        self.store.clear()
        self.store.clear()
        self.assertIsNone(self.store.load())

    def test_what_others_can_read_or_is_none_of_ours_is_refused_without_being_shown(self) -> None:
        self.store.save(stored("https://postern.acme.com"))
        self.path.chmod(0o640)
        with self.assertRaises(ConfigurationError):
            self.store.load()
        for text in ("", "{}", "[]", '{"issuer":"SECRET"}', "SECRET", stored("x").to_json().replace('"access-0"', "7")):
            self.path.write_text(text)
            self.path.chmod(0o600)
            with self.assertRaises(ConfigurationError) as caught:
                self.store.load()
            self.assertNotIn("SECRET", str(caught.exception))

    def test_a_write_that_fails_leaves_what_was_there(self) -> None:
        session = stored("https://postern.acme.com")
        self.store.save(session)
        with mock.patch("os.fsync", side_effect=OSError("no space")), self.assertRaises(OSError):
            self.store.save(replace(session, access_token="newer"))
        self.assertEqual((self.store.load(), os.listdir(self.path.parent)), (session, ["session.json"]))

    def test_what_is_kept_shows_no_secret_when_it_is_printed(self) -> None:
        shown = repr(stored("https://postern.acme.com"))
        self.assertNotIn("access-0", shown)
        self.assertNotIn("refresh-0", shown)


class TakingUpWhatIsKept(Case):
    def test_the_same_request_needs_no_person_and_another_does(self) -> None:
        access = [AccessRequest("github", ["pulls:read"], ["acme-corp/*"])]
        session = login(self.authority.url, "pr-reviewer", access=access, store=self.kept_for(access), open_url=self.fail)
        self.addCleanup(session.close)
        # Renewed at once: what was kept may have been revoked meanwhile.
        self.assertEqual((session.access_token(), self.refresh_tokens()), ("access-1", ["refresh-0"]))
        for other in ([AccessRequest("github", ["pulls:write"], ["acme-corp/*"])], [*access, *access]):
            with self.assertRaises(ZeroDivisionError):
                login(self.authority.url, "pr-reviewer", access=other, store=self.store, open_url=lambda _: 1 // 0)

    def test_one_that_is_over_by_now_is_asked_for_anew(self) -> None:
        access = [AccessRequest("github", ["pulls:read"], ["acme-corp/*"])]
        store = self.kept_for(access)
        self.authority.answers["/oauth2/token"] = lambda _: Said(400, {"error": "invalid_grant"})
        with self.assertRaises(ZeroDivisionError):
            login(self.authority.url, "pr-reviewer", access=access, store=store, open_url=lambda _: 1 // 0)
        self.assertIsNone(store.load())

    def kept_for(self, access: list[AccessRequest]) -> MemoryStore:
        import json

        from postern._login_request import request_form

        self.store.saved.append(stored(self.authority.url, left_s=300, asked=json.dumps(request_form(None, access, None))))
        return self.store
