"""The file of connections, variables and pools: what is taken, and one line for each thing that is not."""

import json
from pathlib import Path

import pytest

from components.model.airflow_resources import airflow_resources
from components.model.airflow_resources.airflow_resources import AirflowResourcesError, load, parse
from components.model.settings.errors import SettingsError

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:dwh/main-a1B2c3"
OTHER = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:rds!db-4f7a-Zz9Yy8"
"""Named as RDS names the secret of a password that it manages."""

FULL = f"""
connections:
  warehouse:
    conn_type: postgres
    host: warehouse.example.com
    password: {{secret_arn: {ARN}, key: password}}
    port: 5439
    extra: {{sslmode: require, private_key: {{secret_arn: {ARN}, key: pem}}}}
  lake: aws://?region_name=eu-west-1
  whole: {{secret_arn: {OTHER}}}
variables:
  stage: production
  limits: {{retries: 3}}
  since: {{value: 2024-01-01, description: first day}}
pools:
  warehouse: {{slots: 4}}
"""


def _errors(text: str) -> list[str]:
    with pytest.raises(AirflowResourcesError) as refused:
        parse(text)
    return refused.value.errors


def test_a_whole_file_is_brought_into_one_form() -> None:
    """Variables as value and description, pools complete, references as they stood; a date stays a text."""
    objects = parse(FULL)
    assert objects.secret_arns == (OTHER, ARN)
    assert json.loads(objects.text) == {
        "connections": {
            "lake": "aws://?region_name=eu-west-1",
            "warehouse": {
                "conn_type": "postgres",
                "extra": {"private_key": {"key": "pem", "secret_arn": ARN}, "sslmode": "require"},
                "host": "warehouse.example.com",
                "password": {"key": "password", "secret_arn": ARN},
                "port": 5439,
            },
            "whole": {"secret_arn": OTHER},
        },
        "pools": {"warehouse": {"description": "", "include_deferred": False, "slots": 4}},
        "variables": {
            "limits": {"value": {"retries": 3}},
            "since": {"description": "first day", "value": "2024-01-01"},
            "stage": {"value": "production"},
        },
    }


def test_what_airflow_exports_is_taken() -> None:
    """With nulls, and `extra` as the text of a JSON object; the secret alone must move."""
    exported = {
        "conn_type": "aws",
        "description": None,
        "extra": '{"region_name": "eu-west-1"}',
        "host": "",
        "login": None,
        "password": None,
        "port": None,
        "schema": "",
    }
    text = json.dumps(
        {
            "connections": {"aws_default": exported},
            "variables": {"a": "1", "b": {"value": [1, 2], "description": None}},
            "pools": {"default_pool": {"slots": 128, "description": "Default", "include_deferred": False}},
        }
    )
    known = json.loads(parse(text, as_json=True).text)
    assert known["connections"]["aws_default"] == {
        "conn_type": "aws",
        "extra": {"region_name": "eu-west-1"},
        "host": "",
        "schema": "",
    }
    assert known["variables"] == {"a": {"value": "1"}, "b": {"value": [1, 2]}}


def test_the_hash_follows_the_content_alone() -> None:
    """Comments, order and spelling run no migration; any value does."""
    first = parse("pools: {a: {slots: 1}, b: {slots: 2}}\nvariables:\n")
    same = parse("# a comment\npools:\n  b: {slots: 2, description: ''}\n  a: {slots: 0x1}\n")
    assert (first.text, first.sha256) == (same.text, same.sha256)
    assert parse("pools: {a: {slots: 1}, b: {slots: 3}}").sha256 != first.sha256


WRONG = [
    ("- a", "must be a mapping with connections, variables, pools; got a list"),
    ("", "must be a mapping with connections, variables, pools; got nothing"),
    ("pools: [", "is not valid YAML: while parsing a flow node"),
    ("pools: {a: {slots: 1}, a: {slots: 2}}", "the key 'a' appears twice"),
    ("pool: {}", "the file has the unknown key 'pool'. Did you mean pools?"),
    ("pools: []", "pools must be a mapping from name to entry; got a list"),
    ("variables: {on: 1}", "variables has the key True, which is not a string. Put it in quotes"),
    ("variables: {a: .nan}", "variables.a is a number, which JSON cannot hold. Put it in quotes"),
    ("variables: {a: [1, !!binary aGk=]}", "variables.a[1] is a bytes, which JSON cannot hold"),
    ("connections: {a: {host: b}}", "connections.a has no conn_type. Add one, such as postgres"),
    (
        "connections: {a: {conn_type: http, hots: b}}",
        "connections.a has the unknown key 'hots'. Did you mean",
    ),
    ("connections: {a: {conn_type: http, zzz: b}}", "unknown key 'zzz'. Valid keys: conn_type, description"),
    (
        "connections: {a: {conn_type: http, port: '80'}}",
        "connections.a.port must be a whole number from 0 to",
    ),
    (
        "connections: {a: {conn_type: http, port: true}}",
        "connections.a.port must be a whole number from 0 to",
    ),
    (
        "connections: {a: {conn_type: http, login: 5}}",
        "connections.a.login must be a string; got a number. Put",
    ),
    (
        "connections: {a: {conn_type: http, host: {b: c}}}",
        "connections.a.host must be a string; got a mapping",
    ),
    ("connections: {a: {conn_type: http, extra: '['}}", "connections.a.extra must be a mapping, or a JSON"),
    ("connections: {a b: {conn_type: http}}", "connections.a b: a connection's id is 1 to 250 letters"),
    ("connections: {a: 5}", "connections.a must be a mapping, a URI or a {secret_arn: ARN}; got a number"),
    ("connections: {a: }", "connections.a must be a mapping, a URI or a {secret_arn: ARN}; got nothing"),
    ("connections: {a: just-a-host}", "connections.a has no conn_type. Write it as conn_type://login@host"),
    ("connections: {a: 'http://[x'}", "connections.a is not a URI. Write it as conn_type://"),
    ("connections: {a: {secret_arn: here}}", "connections.a.secret_arn must be a secret's whole ARN"),
    (
        f"connections: {{a: {{secret_arn: '{ARN[:-7]}'}}}}",
        "connections.a.secret_arn must be a secret's whole",
    ),
    (f"connections: {{a: {{secret_arn: '{ARN}', kye: b}}}}", "has the unknown key 'kye'. Did you mean key?"),
    (
        f"variables: {{a: [{{secret_arn: '{ARN}', key: 1}}]}}",
        "variables.a[0].key must be a string, the name of",
    ),
    ("variables: {a: }", "variables.a has no value. Give it one, or remove it"),
    ("variables: {a: {value: 1, note: b}}", "variables.a has the unknown key 'note'. Valid keys: value"),
    ("variables: {a: {value: 1, description: [b]}}", "variables.a.description must be a string; got a list"),
    (f"variables: {{{'a' * 251}: 1}}", "a name has 1 to 250 characters; got 251. Rename it"),
    ("pools: {a: 4}", "pools.a must be a mapping with slots; got a number"),
    ("pools: {a: {}}", "pools.a.slots must be a whole number, 0 or more, or -1 for no limit; got None"),
    (
        "pools: {a: {slots: -2}}",
        "pools.a.slots must be a whole number, 0 or more, or -1 for no limit; got -2",
    ),
    ("pools: {a: {slots: true}}", "pools.a.slots must be a whole number, 0 or more, or -1"),
    ("pools: {a: {slots: 1, include_deferred: 'yes'}}", "pools.a.include_deferred must be true or false"),
    ("pools: {a: {slots: 1, descriptoin: b}}", "unknown key 'descriptoin'. Did you mean description?"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_an_error_is_one_line(text: str, message: str) -> None:
    """The entry, what is wrong, what to do."""
    (error,) = _errors(text)
    assert message in error
    assert "\n" not in error


IN_PLAINTEXT = [
    ("connections: {a: {conn_type: http, password: hunter2}}", "connections.a.password"),
    ("connections: {a: {conn_type: http, password: 7777777}}", "connections.a.password"),
    (
        "connections: {a: {conn_type: http, extra: {Client_Secret: hunter2}}}",
        "connections.a.extra.Client_Secret",
    ),
    ('connections: {a: {conn_type: http, extra: \'{"token": "hunter2"}\'}}', "connections.a.extra.token"),
    (
        "connections: {a: {conn_type: gcp, extra: {keyfile_dict: {id: hunter2}}}}",
        "connections.a.extra.keyfile_dict",
    ),
    ("connections: {a: 'http://u:hunter2@h'}", "connections.a has its password in plaintext"),
    ("connections: {a: 'aws://?aws_secret_access_key=hunter2'}", "connections.a.extra.aws_secret_access_key"),
    (
        'connections: {a: \'http://h/?__extra__={"api_key": "hunter2"}\'}',
        "connections.a.extra.__extra__.api_key",
    ),
    ("variables: {slack_token: hunter2}", "variables.slack_token"),
    (
        "connections: {a: {conn_type: snowflake, extra: {private_key_content: hunter2}}}",
        "connections.a.extra.private_key_content",
    ),
    (
        "connections: {a: {conn_type: http, extra: {headers: {X-Auth: hunter2}}}}",
        "connections.a.extra.headers.X-Auth",
    ),
    (
        "connections: {a: 'slackwebhook://https%3A%2F%2Fhooks.example.com%2Fservices%2FT0%2Fhunter2'}",
        "connections.a has a secret in plaintext",
    ),
    ("connections: {a: {conn_type: http, host: 'https://hooks.h/services/hunter2'}}", "connections.a.host"),
    ("variables: {sales: 'postgresql://etl:hunter2@h/sales'}", "variables.sales"),
    ("variables: {webhook_url: 'https://h/hunter2'}", "variables.webhook_url"),
    ("variables: {dsn: hunter2}", "variables.dsn"),
    ('variables: {key: "-----BEGIN PRIVATE KEY----- hunter2"}', "variables.key"),
    ("variables: {a: {value: {b: [{password: hunter2}]}}}", "variables.a.b[0].password"),
]


@pytest.mark.parametrize(("text", "where"), IN_PLAINTEXT)
def test_a_secret_in_plaintext_is_refused_and_not_repeated(text: str, where: str) -> None:
    """The line says where it stands and what to write; the log of a CI job is no place for the value."""
    (error,) = _errors(text)
    assert error.startswith(where)
    assert "in plaintext" in error
    assert "secret_arn: ARN" in error
    assert "hunter2" not in error
    assert "7777777" not in error


@pytest.mark.parametrize(
    "text",
    [
        "connections: {a: {conn_type: http, password: ''}}",
        "connections: {a: {conn_type: http, extra: {token_url: 'https://h', use_token: true}}}",
        "variables: {password_policy: strict}",
        "variables: {tokenizers: fast, secretary: Ada, key_path: /opt/key.p8, private_key_path: /opt/key.p8}",
        "variables: {docs: 'https://example.com/a:b@c'}",
    ],
)
def test_what_only_sounds_like_a_secret_is_taken(text: str) -> None:
    """An address of tokens is none."""
    assert parse(text).secret_arns == ()


def test_all_errors_are_reported_at_once() -> None:
    """From every section."""
    errors = _errors("connections: {a: {}}\nvariables: {b: }\npools: {c: {slots: x}}\nmore: 1")
    assert [error.split()[0] for error in errors] == ["the", "connections.a", "variables.b", "pools.c.slots"]


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    """YAML or JSON; each error names the setting and the file."""
    (tmp_path / "a.yaml").write_text("pools: {é: {slots: 1}}", encoding="utf-8")
    (tmp_path / "a.json").write_text('{"pools": {"é": {"slots": 1}}}', encoding="utf-8")
    yaml, json_ = load(tmp_path, "a.yaml"), load(tmp_path, "a.json")
    assert yaml is not None
    assert yaml == json_
    assert load(tmp_path, "") is None
    (tmp_path / "b.json").write_text('{"pools": {"a": {"slots": 1}, "a": {"slots": 2}}}')
    with pytest.raises(
        SettingsError, match=r"^airflow_resources.file b.json: is not valid JSON: the key 'a' appears twice$"
    ):
        load(tmp_path, "b.json")


def test_a_directory_or_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """In one line with the setting; 1 MiB is taken, one byte more is not."""
    longest = airflow_resources.MAX_FILE_BYTES
    (tmp_path / "longest.yaml").write_text("variables: {a: b} #" + "x" * (longest - 19))
    assert load(tmp_path, "longest.yaml")
    (tmp_path / "long.yaml").write_text("#" * (longest + 1))
    (tmp_path / "latin.yaml").write_bytes(b"variables: {a: \xe9}")
    for name, message in {
        "none.yaml": r"must name a file in .*; got 'none.yaml', which does not exist. Make it, or unset it",
        "a.txt": r"must name a .yaml, .yml or .json file; got 'a.txt'",
        "long.yaml": r"long.yaml must have at most 1048576 bytes; got 1048577",
        "latin.yaml": r"latin.yaml is not UTF-8 text",
    }.items():
        with pytest.raises(SettingsError, match=rf"^airflow_resources\.file {message}$"):
            load(tmp_path, name)
