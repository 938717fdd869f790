"""Tells which pull requests of a repository are open, for the person who approved that.

    python agent.py acme-corp/backend

POSTERN_URL is the authority, POSTERN_CLIENT_ID the agent's name there. With DELEGATION_TOKEN it acts by that token; without, it asks
its person in the browser once, and keeps the session in SESSION_FILE.
"""

import os
import sys
from collections.abc import Callable

import httpx

from postern import AccessRequest, ConnectionRequiredError, ConsentRequiredError, FileStore, Postern, PosternError, login

URL = os.environ["POSTERN_URL"]
CLIENT_ID = os.environ["POSTERN_CLIENT_ID"]
REPOSITORIES = "acme-corp/*"

# So that whoever started it can tell "ask the person" from "broken".
EXIT_REFUSED, EXIT_ASK_THE_PERSON = 1, 3


def token_source() -> str | Callable[[], str]:
    given = os.environ.get("DELEGATION_TOKEN")
    if given:
        return given
    session = login(
        URL,
        CLIENT_ID,
        access=[AccessRequest("github", ["pulls:read"], [REPOSITORIES])],
        open_url=lambda url: print(f"To let this agent read pull requests for you, open {url}", flush=True),
        store=FileStore(os.environ.get("SESSION_FILE", ".postern-session.json")),
    )
    # The method itself: it is asked at each call, and renews the token when it has to.
    return session.access_token


def summary(repository: str) -> str:
    with Postern(URL, CLIENT_ID) as postern:
        github = postern.require("github", token_source(), scope="pulls:read", target=repository)
        answer = httpx.get(
            f"{github.base_url}/repos/{repository}/pulls",
            params={"state": "open", "per_page": 100},
            headers={"Authorization": github.authorization, "Accept": "application/vnd.github+json"},
            trust_env=False,
            timeout=30,
        )
        # Judged once more at the call itself: what has been revoked meanwhile is refused here.
        refusal = postern.from_response(answer)
        if refusal is not None:
            raise refusal
        pulls = answer.raise_for_status().json()
    lines = [f"#{pull['number']} {pull['title']} (by {pull['user']['login']}, into {pull['base']['ref']})" for pull in pulls]
    return "\n".join([f"{repository} has {len(pulls)} open pull request{'' if len(pulls) == 1 else 's'}.", *lines])


def main(repository: str) -> int:
    try:
        print(summary(repository))
        return 0
    except ConsentRequiredError as error:
        print(
            f"You have not approved {', '.join(error.missing_scopes) or 'this'} at {repository} yet. You can do so at {error.consent_url}"
        )
        return EXIT_ASK_THE_PERSON
    except ConnectionRequiredError as error:
        print(f"Your GitHub account is not connected. You can connect it at {error.connect_url}")
        return EXIT_ASK_THE_PERSON
    except PosternError as error:
        print(f"Refused: {error}", file=sys.stderr)
        return EXIT_REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
