# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""FAB's security manager for any OpenID provider: its own knows a few by name, and checks less.

https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/webserver-authentication.html
"""

import logging
from typing import Any

from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from flask import current_app, flash

from airflow_ecs_image import passwords, sso

log = logging.getLogger(__name__)


class SsoSecurityManager(FabAirflowSecurityManagerOverride):
    """Lets in whom the provider names, with the roles of their groups; a login without a role is none."""

    @property
    def _known(self) -> sso.Settings:
        return current_app.config["AIRFLOW_ECS_SSO"]

    def get_oauth_user_info(self, provider: str, resp: dict[str, Any]) -> dict[str, Any]:
        """Read the user from the validated ID token, and from the userinfo endpoint what it lacks.

        Raises:
            RefusedError: the user does not come in; FAB logs it.
        """
        # Authlib leaves this out where the provider sent no ID token, or where nobody asked for a nonce.
        claims = dict(resp.get("userinfo") or {})
        sso.check(claims, self._known)
        if sso.missing(claims, self._known):
            more = self._userinfo(provider, resp)
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        return sso.user_info(claims, self._known)

    def auth_user_oauth(self, userinfo: dict[str, Any], rotate_session_id: bool = True) -> Any:  # noqa: FBT001, FBT002 - FAB's signature
        """Let a user in who has a role; one who lost the last loses it in open sessions too."""
        username = userinfo["username"]
        user = self.find_user(username=username)
        if user and passwords.usable(user.password):
            log.error("single sign-on of %s refused: an account with a password has this name", username)
            return None
        roles = list(self.get_roles_from_keys(userinfo["role_keys"]))
        if not roles:
            log.warning("single sign-on of %s refused: no group of theirs has a role", username)
            flash("None of your groups has a role in Airflow.", "warning")
            if user:
                user.roles = []
                self.update_user(user)
            return None
        if user:
            user.password = passwords.NO_PASSWORD  # accounts of earlier releases have another mark
        else:
            self._add(userinfo, roles)
        return super().auth_user_oauth(userinfo, rotate_session_id)

    def auth_user_db(self, username: str, password: str, rotate_session_id: bool = True) -> Any:  # noqa: FBT001, FBT002 - FAB's signature
        """Check name and password, for API tokens; where the settings forbid it, nobody's are right."""
        if not self._known.password_tokens:
            return None
        user = self.find_user(username=username) or self.find_user(email=username)
        if user and not passwords.usable(user.password):
            log.warning("login of %s refused: the account has no password", user.username)
            return None
        return super().auth_user_db(username, password, rotate_session_id)

    def _userinfo(self, provider: str, resp: dict[str, Any]) -> dict[str, Any]:
        remote = self.oauth_remotes[provider]
        if "userinfo_endpoint" not in remote.load_server_metadata():
            return {}
        return dict(remote.userinfo(token=resp))

    def _add(self, userinfo: dict[str, Any], roles: list[Any]) -> None:
        email = userinfo["email"]
        if not email or self.find_user(email=email):
            # An address may stand only once, and the administrator's own account may have it.
            email = f"{userinfo['username']}@email.notfound"
        names = {key: userinfo[key] for key in ("username", "first_name", "last_name")}
        self.add_user(**names, email=email, role=roles, hashed_password=passwords.NO_PASSWORD)
