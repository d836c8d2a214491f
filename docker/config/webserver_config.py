# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""How users sign in, read by Airflow's FAB auth manager ([fab] config_file).

With a password where the task definition names no OpenID provider. Upper-case names go to Flask.
https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/webserver-authentication.html
"""

import os

from flask_appbuilder.const import AUTH_DB, AUTH_OAUTH

from airflow_ecs_image import secret_files, sso

# A browser sends the session only where users come in: over TLS, if that is where they do.
SESSION_COOKIE_SECURE = os.environ.get("AIRFLOW__API__BASE_URL", "").startswith("https:")
SESSION_COOKIE_SAMESITE = "Lax"
AUTH_TYPE = AUTH_DB
AIRFLOW_ECS_SSO = sso.settings(secret_files.environment())

if AIRFLOW_ECS_SSO is not None:
    from airflow_ecs_image.sso_manager import SsoSecurityManager

    AUTH_TYPE = AUTH_OAUTH
    OAUTH_PROVIDERS = [sso.flask_provider(AIRFLOW_ECS_SSO)]
    SECURITY_MANAGER_CLASS = SsoSecurityManager
    # The manager has turned groups into roles, and makes users itself: FAB's registration would open forms.
    AUTH_ROLES_MAPPING = {role: [role] for role in ("Admin", "Op", "User", "Viewer", "Public")}
    AUTH_ROLES_SYNC_AT_LOGIN = True
    AUTH_USER_REGISTRATION = False
