"""Single sign-on of the real API server, over TLS, with an OpenID provider on loopback.

What this does not prove: what the providers that people use put into their claims.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from playwright.sync_api import Page, expect
from werkzeug.security import generate_password_hash

from airflow_ecs_image.passwords import NO_PASSWORD
from cli.pages.browser import opened
from tests.helpers.polling import wait_for
from tests.image import openid, servers
from tests.image.cluster import ADMIN, COMMANDS, Cluster, address
from tests.image.openid import Front, Provider
from tests.image.services import RunningService

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.long,
    pytest.mark.timeout(900),
]

CLIENT_ID = "airflow"
ADMINS = {"groups": ["airflow-admins"]}
CLAIMS: dict[str, dict[str, Any]] = {
    "ada": {"email": "ada@example.com", "name": "Ada Lovelace", **ADMINS},
    "vera": {"email": "vera@example.com", "given_name": "Vera", "groups": ["staff", "airflow-viewers"]},
    "grace": {"email": "grace@example.com", **ADMINS},
    "leaver": {"email": "leaver@example.com", **ADMINS},
    "stranger": {"email": "stranger@example.com", "groups": ["staff"]},
    "unverified": {"email": "unverified@example.com", "email_verified": False, **ADMINS},
    "administrator": {"email": ADMIN, **ADMINS},
    "audience": {"email": "audience@example.com", "aud": "another", "azp": CLIENT_ID, **ADMINS},
    "issuer": {"email": "issuer@example.com", "iss": "https://another.example", **ADMINS},
    "expired": {"email": "expired@example.com", "exp": 1_700_000_000, **ADMINS},
    "replayed": {"email": "replayed@example.com", "nonce": "of another login", **ADMINS},
    openid.TAMPERED: {"email": "tampered@example.com", "groups": ["staff"]},
}
USERS: dict[str, dict[str, Any]] = {
    name: {"email_verified": True, **claims} for name, claims in CLAIMS.items()
}
REFUSED = {
    "stranger": "single sign-on of stranger@example.com refused: no group of theirs has a role",
    "unverified": "the provider reports no verified address of unverified@example.com",
    "administrator": "single sign-on of admin refused: an account with a password has this name",
    "audience": "the ID token is for 'another', not for airflow",
    "issuer": "invalid_claim: Invalid claim: 'iss'",
    "expired": "expired_token",
    "replayed": "invalid_claim: Invalid claim: 'nonce'",
    openid.TAMPERED: "bad_signature",
}
"""Who is refused, and what the log says of it."""
PASSWORDS = ["", "\0", "\0" * 64, " ", NO_PASSWORD, "None", "null", "guess", "grace@example.com"]
RUNS = "api/v2/dags/trivial/dagRuns"
RUN = {"logical_date": None, "conf": {"seconds": 0}}


@pytest.fixture(scope="module")
def provider(cluster: Cluster) -> Iterator[Provider]:
    """The OpenID provider."""
    provider = Provider.start(address(4), cluster.authority, cluster.folder / "openid", USERS)
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def server(cluster: Cluster, provider: Provider, running: dict[str, RunningService]) -> RunningService:
    """A second API server, of which users know by TLS only."""
    assert running
    settings = {
        "issuer_url": provider.url,
        "client_id": CLIENT_ID,
        "scopes": ["openid", "profile", "email"],
        "username_claim": "email",
        "groups_claims": ["groups"],
        "group_roles": {"airflow-admins": "Admin", "airflow-viewers": "Viewer"},
        "default_role": "",
        "password_tokens": True,
    }
    role = cluster.service(
        "api-server",
        {
            "AIRFLOW_ECS_SSO": json.dumps(settings),
            "AIRFLOW_ECS_SSO_CLIENT_SECRET": "the-client-secret",
            "AIRFLOW__API__BASE_URL": f"https://{address(5)}:8443",
            "AIRFLOW__FAB__CACHE_TTL": "1",
            "FORWARDED_ALLOW_IPS": "127.0.0.0/8",
        },
    )
    role.start(*COMMANDS["api-server"])
    role.wait_healthy("api-server")
    return role


@pytest.fixture(scope="module")
def front(cluster: Cluster, server: RunningService) -> Iterator[Front]:
    """The load balancer before it."""
    front = Front.start(address(5), f"{server.address}:8080", cluster.authority, cluster.folder / "front")
    front.wait()
    yield front
    front.stop()


def get(front: Front, path: str) -> requests.Response:
    """Ask without a login, and follow no redirect."""
    return requests.get(f"{front.url}/{path}", verify=front.ca, allow_redirects=False, timeout=30)


def token(front: Front, password: str, username: str = ADMIN) -> int:
    """Ask for an API token as the administrator, or another; the status."""
    login = {"username": username, "password": password}
    return requests.post(f"{front.url}/auth/token", json=login, verify=front.ca, timeout=30).status_code


def sign_in(front: Front, subject: str) -> requests.Session:
    """Go through the provider as a browser does; what came of it is for the session to show."""
    session = requests.Session()
    session.trust_env = False  # else a variable of the machine says whom to trust
    session.verify = front.ca
    asked = session.get(f"{front.url}/auth/login/sso", timeout=30)
    assert "/oauth2/authorize?" in asked.url, asked.text
    session.post(asked.url, data={"sub": subject}, timeout=30)
    return session


def sign_in_with(page: Page, front: Front, subject: str) -> None:
    """Sign in as anybody would: the button, then the provider's page."""
    page.goto(front.url)
    page.get_by_text("Sign In with sso").click()
    page.fill("input[name=sub]", subject)
    page.get_by_role("button", name="Authorize", exact=True).click()
    expect(page.get_by_test_id("nav-home-link")).to_be_visible()


def trigger(page: Page, front: Front) -> int:
    """Ask for a run with what the browser holds; the status."""
    return page.request.post(f"{front.url}/{RUNS}", data=RUN).status


def test_an_admin_signs_in_with_a_browser_and_triggers(front: Front, provider: Provider) -> None:
    """By group alone; and by PKCE, so that a stolen code is of no use."""
    before = len(provider.challenged)
    with opened(ignore_https_errors=True) as page:
        sign_in_with(page, front, "ada")
        assert trigger(page, front) == 200
        cookies = {
            one.get("name"): (one.get("secure"), one.get("httpOnly"), one.get("sameSite"))
            for one in page.context.cookies(front.url)
        }
    assert provider.challenged[before:] == [True]
    assert cookies == dict.fromkeys(("_token", "session"), (True, True, "Lax"))


def test_a_viewer_signs_in_with_a_browser_and_cannot_trigger(front: Front) -> None:
    """She reads the same DAG; what its button asks of the API is refused."""
    with opened(ignore_https_errors=True) as page:
        sign_in_with(page, front, "vera")
        assert page.request.get(f"{front.url}/api/v2/dags/trivial").status == 200
        assert trigger(page, front) == 403


@pytest.mark.parametrize("subject", REFUSED)
def test_who_is_refused_gets_in_nowhere(
    front: Front, server: RunningService, cluster: Cluster, subject: str
) -> None:
    """No page, no API, no account; the log says why."""
    session = sign_in(front, subject)
    assert "_token" not in session.cookies
    for path in ("api/v2/dags", "api/v2/version", RUNS):
        status = session.get(f"{front.url}/{path}", timeout=30).status_code
        assert status == (200 if path.endswith("version") else 401), path
    assert "/auth/login" in session.get(f"{front.url}/auth/users/list/", timeout=30).url
    assert REFUSED[subject] in server.text()
    with servers.connect(cluster.database) as connection:
        query = "SELECT count(*) FROM ab_user WHERE username = %s AND username <> %s"
        row = connection.execute(query, (USERS[subject]["email"], ADMIN)).fetchone()
    assert row == (0,)


def test_who_leaves_the_group_loses_the_role_in_open_sessions(front: Front, provider: Provider) -> None:
    """Not only at the next login: what the browser still holds is good for nothing."""
    session = sign_in(front, "leaver")
    assert session.post(f"{front.url}/{RUNS}", json=RUN, timeout=30).status_code == 200
    changed: dict[str, Any] = {**USERS["leaver"], "groups": []}
    assert requests.put(f"{provider.url}/users/leaver", json=changed, verify=front.ca, timeout=30).ok
    assert "_token" not in sign_in(front, "leaver").cookies
    wait_for(
        "the leaver is refused",
        lambda: session.post(f"{front.url}/{RUNS}", json=RUN, timeout=30).status_code == 403,
    )


def test_redirects_stay_https(front: Front) -> None:
    """What the load balancer says of the way in reaches Airflow and FAB alike."""
    first = get(front, "auth/login/sso")
    (asked,) = re.findall(r"redirect_uri=([^&]+)", first.headers["Location"])
    assert unquote(asked) == f"{front.url}/auth/oauth-authorized/sso"
    assert "; secure" in first.headers["Set-Cookie"].lower()


def test_the_databases_password_is_for_tokens_only(front: Front, cluster: Cluster) -> None:
    """No form takes it; machines still get a token for it."""
    page = get(front, "auth/login/").text
    assert "Sign In with sso" in page
    assert "password" not in page
    assert [token(front, cluster.password), token(front, "wrong"), token(front, "")] == [201, 401, 400]


@pytest.mark.parametrize("made_by", ["this release", "an earlier one"])
def test_accounts_of_single_sign_on_have_no_usable_password(
    front: Front, cluster: Cluster, made_by: str
) -> None:
    """Whoever asks, by name or address, gets no token for them; nor for those that were there before."""
    assert "_token" in sign_in(front, "grace").cookies
    address = USERS["grace"]["email"]
    if made_by == "an earlier one":
        _store_password(cluster, address, generate_password_hash(""))
    assert [token(front, password, address) for password in PASSWORDS] == [400, *[401] * len(PASSWORDS[1:])]


def test_the_migration_takes_the_passwords_that_nobody_has(front: Front, cluster: Cluster) -> None:
    """Accounts of earlier releases too, and only theirs: the administrator's is as it was."""
    sign_in(front, "grace")
    address = USERS["grace"]["email"]
    _store_password(cluster, address, generate_password_hash(""))
    before = _stored_password(cluster, ADMIN)
    migration = cluster.service("migration")
    migration.run(*COMMANDS["migration"])
    assert migration.last_line() == "migrate: done", migration.text()
    assert "migrate: 1 accounts of single sign-on have no password any more" in migration.text()
    assert _stored_password(cluster, address) == NO_PASSWORD
    assert _stored_password(cluster, ADMIN) == before
    assert "_token" in sign_in(front, "grace").cookies


def _store_password(cluster: Cluster, username: str, stored: str) -> None:
    with servers.connect(cluster.database) as connection:
        query = "UPDATE ab_user SET password = %s WHERE username = %s"
        assert connection.execute(query, (stored, username)).rowcount == 1


def _stored_password(cluster: Cluster, username: str) -> str:
    with servers.connect(cluster.database) as connection:
        query = "SELECT password FROM ab_user WHERE username = %s"
        row = connection.execute(query, (username,)).fetchone()
    assert row is not None
    return str(row[0])


def test_the_secret_is_in_no_log(server: RunningService, front: Front) -> None:
    """Nor the tokens that logins brought."""
    assert front
    assert "the-client-secret" not in server.text()
    assert not re.search(r"eyJ[\w-]{20,}", server.text())
