"""The report of a preview, from events as the engine sends them; `tests/engine` has real ones."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pulumi.automation import OpType

from cli import changes
from cli.changes import UNCHANGED
from cli.report import MAX_COMMENT_LENGTH, Report, report
from components.model.rendered import UNKNOWN, Rendered
from tests.cli.events import SECRET, event, outputs_event, prelude, step
from tests.helpers.rendered_stacks import stack


def _report(events: list[Any], *, allow_data_loss: bool = False, dropped: Sequence[str] = ()) -> Report:
    found = changes.read(events)
    return report("test", found, region="us-east-1", allow_data_loss=allow_data_loss, dropped=dropped)


def _all(name: str, **changed: Rendered) -> list[Any]:
    """Events of a preview in which the named resources change, all others stay."""
    by_name = {f"{one.kind} {one.name}": one for one in changed.values()}
    found: list[Any] = []
    for one in stack(name):
        after = by_name.get(f"{one.kind} {one.name}", one)
        found.append(step("same" if after is one else "update", one, after))
    return found


def _one(name: str, kind: str, resource: str) -> Rendered:
    return next(one for one in stack(name) if (one.kind, one.name) == (kind, resource))


def _with(one: Rendered, **inputs: Any) -> Rendered:
    return replace(one, inputs={**one.inputs, **inputs})


def test_an_unchanged_stack_has_no_changes() -> None:
    """And costs what it costs."""
    found = _report([prelude(), *_all("prod")])
    assert "**No changes.**" in found.text
    assert "| **total** | **$386.27** | **$386.27** | **$0.00** |" in found.text
    assert "No violations." in found.text
    assert not found.refusals


def test_a_larger_database_shows_its_price() -> None:
    """Before and after, line by line."""
    database = _one("prod", "rds/Instance", "airflow-prod-database")
    larger = _with(database, instanceClass="db.t4g.medium", allocatedStorage=50)
    found = _report([prelude(), *_all("prod", database=larger)])
    assert "RDS db.t4g.small, two zones | $46.72 | $0.00 | -$46.72 |" in found.text
    assert "RDS db.t4g.medium, two zones | $0.00 | $94.90 | +$94.90 |" in found.text
    assert "| `instanceClass` | `db.t4g.small` | `db.t4g.medium` |" in found.text
    assert not found.refusals


def test_only_a_rotation_deletes_a_generated_value() -> None:
    """The one that it names, and nothing else of that name: the secret itself has it too."""
    key = _one("prod", "index/RandomBytes", "airflow-prod-fernet-key")
    secret = _one("prod", "secretsmanager/Secret", "airflow-prod-fernet-key")
    events = [prelude(), step("delete", key, None)]
    assert "data would be lost: airflow-prod-fernet-key" in _report(events).refusals[0]
    assert not _report(events, dropped=["airflow-prod-fernet-key"]).refusals
    assert _report(events, dropped=["airflow-prod-fernet-key-2"]).refusals
    lost = [*events, step("delete", secret, None)]
    assert _report(lost, dropped=["airflow-prod-fernet-key"]).refusals


def test_lost_data_comes_first_in_bold_and_is_refused() -> None:
    """A replacement of the database is the last thing to find out afterwards."""
    database = _one("prod", "rds/Instance", "airflow-prod-database")
    encrypted = _with(database, kmsKeyId="arn:new")
    events = [
        prelude(),
        step("create-replacement", database, encrypted, ["kmsKeyId"]),
        step("replace", database, encrypted, ["kmsKeyId"]),
        step("delete-replaced", database, None),
        step("delete", _one("prod", "s3/Bucket", "airflow-prod-data"), None),
    ]
    found = _report(events)
    assert "- **replaced: rds/Instance `airflow-prod-database`**, forced by `kmsKeyId`" in found.text
    assert "- **deleted: s3/Bucket `airflow-prod-data`**" in found.text
    assert found.text.index("### Data loss") < found.text.index("### Cost")
    assert "data would be lost: airflow-prod-data, airflow-prod-database" in found.refusals[0]
    assert "--allow-data-loss" in found.text
    allowed = _report(events, allow_data_loss=True)
    assert not allowed.refusals
    assert "**deleted: s3/Bucket" in allowed.text


def test_what_keeps_no_data_may_go() -> None:
    """A new task definition is a replacement too."""
    task = _one("prod", "ecs/TaskDefinition", "airflow-prod-worker")
    found = _report([prelude(), step("replace", task, _with(task, cpu="2048"), ["cpu"])])
    assert not found.refusals
    assert "| `cpu` (forces replacement) | `1024` | `2048` |" in found.text


def test_airflow_settings_have_airflows_own_names() -> None:
    """By section and name, with the roles that get them."""
    task = _one("prod", "ecs/TaskDefinition", "airflow-prod-scheduler")
    text = str(task.inputs["containerDefinitions"])
    changed = _with(
        task,
        containerDefinitions=text.replace(
            '_IDLE_SLEEP_TIME", "value": "0.2"', '_IDLE_SLEEP_TIME", "value": "1"'
        ),
    )
    found = _report([prelude(), step("replace", task, changed)])
    assert "| `[scheduler] scheduler_idle_sleep_time` | `0.2` | `1` | scheduler |" in found.text


def test_while_the_image_is_not_built_the_rest_is_known() -> None:
    """The component says what its containers are; only the image waits."""
    task = _one("prod", "ecs/TaskDefinition", "airflow-prod-worker")
    wanted = json.loads(str(task.inputs["containerDefinitions"]))
    wanted[0] |= {"image": "known after the build", "memory": 4096}
    events = [
        prelude(),
        step("replace", task, _with(task, containerDefinitions=UNKNOWN)),
        outputs_event("airflow-prod-worker", {"containers": wanted}),
    ]
    found = _report(events)
    assert "| `containerDefinitions.worker.memory` | `2048` | `4096` |" in found.text
    assert "known after the build" in found.text


def test_what_only_follows_is_no_text_that_reads_the_same() -> None:
    """A value that is known later is one that another change gives; a description may be any text."""
    service = _one("prod", "ecs/Service", "airflow-prod-worker")
    group = _one("prod", "ec2/SecurityGroup", "airflow-prod-worker")
    subnets = _one("prod", "rds/SubnetGroup", "airflow-prod-database")
    events = [
        prelude(),
        step("update", service, _with(service, taskDefinition=UNKNOWN)),
        step("update", group, _with(group, description="known after the deployment")),
        step("update", subnets, _with(subnets, subnetIds=["subnet-1", UNKNOWN])),
    ]
    text = _report(events).text
    assert "1 further changes that follow from these" in text
    assert "- updated: ecs/Service <code>airflow-prod-worker</code>" in text
    assert "| `description` | `Airflow: worker` | `known after the deployment` |" in text
    assert "| `subnet-1, known after the deployment` |" in text
    assert UNKNOWN not in text


def test_broken_rules_are_refused_where_they_are_mandatory() -> None:
    """With the rule's ids, the resource, and what to do."""
    database = _one("prod", "rds/Instance", "airflow-prod-database")
    open_ = _with(database, publiclyAccessible=True)
    found = _report([prelude(policyEnforcement="mandatory"), *_all("prod", database=open_)])
    assert found.refusals == ["1 mandatory rule is violated: rds-not-public"]
    assert "`rds-not-public` (RDS.2, CIS 3.2.3, CKV_AWS_17)" in found.text
    assert "Set publiclyAccessible to false." in found.text
    advised = _report([prelude(policyEnforcement="advisory"), *_all("prod", database=open_)])
    assert not advised.refusals
    assert "Advisory: violations do not stop a deployment." in advised.text


def test_a_renamed_project_has_its_own_policy_settings() -> None:
    """The name is that of the engine's URNs, as in a checkout whose `Pulumi.yaml` was renamed."""
    database = _one("prod", "rds/Instance", "airflow-prod-database")
    settings = Rendered(
        type="pulumi:providers:pulumi-python", name="default", inputs={"data-platform:nat": "none"}
    )
    changed = [
        step("same", settings, settings),
        step("update", database, _with(database, publiclyAccessible=True)),
    ]
    for one in changed:
        metadata = one.resource_pre_event.metadata
        metadata.urn = metadata.urn.replace("::airflow-ecs::", "::data-platform::")
    found = _report([prelude("data-platform", policyEnforcement="mandatory"), *changed])
    assert any("mandatory" in one and "rds-not-public" in one for one in found.refusals)
    assert "| `policyEnforcement` |" in found.text


def test_a_hardened_stack_keeps_more_rules() -> None:
    """What only costs money binds as well."""
    found = _report([prelude(policyEnforcement="mandatory", policyHardened="true"), *_all("prod")])
    assert "secrets-own-key" in found.refusals[0]
    assert "rds-iam-login" not in found.refusals[0]


def test_what_the_engine_complains_about_is_refused() -> None:
    """A protected resource, say."""
    message = SimpleMessage("unable to delete resource: it is protected", "error")
    found = _report([prelude(), *_all("dev"), event(diagnostic_event=message)])
    assert found.refusals == ["unable to delete resource: it is protected"]


class SimpleMessage:
    """A diagnostic event."""

    def __init__(self, message: str, severity: str) -> None:
        self.message, self.severity = message, severity


def test_planted_secrets_are_nowhere_in_the_report() -> None:
    """Marked by the engine, or put in plaintext by a careless program."""
    version = Rendered(type="aws:secretsmanager/x:SecretVersion", name="v", inputs={"secretString": SECRET})
    careless = json.dumps(
        [
            {
                "name": "w",
                "environment": [
                    {"name": "X_TOKEN", "value": "planted-1"},
                    {"name": "U", "value": "a://b:planted-2@c"},
                ],
            }
        ]
    )
    task = Rendered(type="aws:ecs/x:TaskDefinition", name="t", inputs={"containerDefinitions": careless})
    later = replace(task, inputs={"containerDefinitions": careless.replace("planted-", "planted-new-")})
    found = _report(
        [prelude(), step("create", None, version), step("create", None, task), step("replace", task, later)]
    )
    assert "planted" not in found.text
    assert "| `secretString` | `[secret]` |" in found.text


def test_the_login_of_a_url_is_nowhere_in_the_report() -> None:
    """Where a stack's file has one, in what the engine complains about, in any input."""
    url = "https://me:planted@index.example/"
    old = Rendered(
        type="pulumi:providers:pulumi-python", name="default", inputs={"airflow-ecs:sourceUrl": ""}
    )
    asked = prelude()
    asked.prelude_event.config["airflow-ecs:sourceUrl"] = url
    zone = Rendered(type="aws:x/y:Zone", name="z", inputs={"comment": url, "list": [url], "map": {"a": url}})
    later = replace(zone, inputs={"comment": f"{url}2"})
    message = event(diagnostic_event=SimpleMessage(f"cannot read {url} at all", "error"))
    steps = [step("same", old, old), step("create", None, zone), step("update", zone, later)]
    found = _report([asked, *steps, message])
    assert "planted" not in found.text
    assert "planted" not in "".join(found.refusals)
    assert found.text.count("://***@") + found.text.count(r"://\*\*\*@") >= 4
    assert found.refusals == ["cannot read https://***@index.example/ at all"]


def test_a_report_fits_into_a_comment() -> None:
    """GitHub refuses longer ones; what is left out is counted."""
    many = [
        step("create", None, Rendered(type="aws:x/x:X", name=f"x{number}", inputs={"a": "y" * 150}))
        for number in range(1000)
    ]
    found = _report([prelude(), *many])
    assert len(found.text) <= MAX_COMMENT_LENGTH + 200
    assert "more sections, omitted for length" in found.text


def test_every_item_that_a_list_gains_or_loses_is_shown() -> None:
    """Behind two hundred others too: what is cut is only what stays."""
    many = [f"service:GetThing{number:03}" for number in range(200)]
    more = [*many[:100], *many[101:], "secretsmanager:GetSecretValue", "sts:AssumeRole"]
    events = [prelude(), step("update", _policy(many), _policy(more))]
    (row,) = [line for line in _report(events).text.splitlines() if "policy.Statement[0].Action" in line]
    _, before, after = row.removesuffix(" |").split(" | ")
    assert "service:GetThing100" in before
    assert "service:GetThing100" not in after
    assert "secretsmanager:GetSecretValue, sts:AssumeRole" in after
    assert "service:GetThing000" not in row


def test_a_new_policy_is_shown_to_its_end() -> None:
    """Reviewers look at what is new; of more than a page, the report counts what is left."""
    events = [prelude(), step("create", None, _policy([*["a:b"] * 100, "iam:PassRole"]))]
    assert "iam:PassRole" in _report(events).text
    events = [prelude(), step("create", None, _policy(["a:b"] * 1000))]
    assert "... and 2998 more characters" in _report(events).text


def _policy(actions: list[str]) -> Rendered:
    document = json.dumps({"Statement": [{"Effect": "Allow", "Action": actions}]})
    return Rendered(type="aws:iam/x:RolePolicy", name="p", inputs={"policy": document})


@pytest.mark.parametrize("operation", sorted({one.value for one in OpType} - UNCHANGED))
def test_nothing_that_the_engine_does_is_left_out(operation: str) -> None:
    """An import takes over what somebody else made."""
    one = _policy(["a:b"])
    before = None if operation in {"create", "import"} else one
    found = _report([prelude(), step(operation, before, None if operation.startswith("delete") else one)])
    assert "No changes" not in found.text
    assert ": iam/RolePolicy <code>p</code>" in found.text


def test_the_identity_and_region_of_a_deployment_are_changes() -> None:
    """Neither a provider's inputs nor its settings in the stack's file pass unseen."""
    role = "arn:aws:iam::999999999999:role/other"
    old = Rendered(type="pulumi:providers:aws", name="default", inputs={"region": "eu-west-1"})
    new = replace(old, inputs={**old.inputs, "assumeRoles": json.dumps([{"roleArn": role}])})
    settings = Rendered(
        type="pulumi:providers:pulumi-python", name="default", inputs={"aws:region": "us-east-1"}
    )
    asked = prelude()
    asked.prelude_event.config["aws:assumeRoles"] = json.dumps([{"roleArn": role}])
    found = _report([asked, step("same", settings, settings), step("update", old, new), *_all("prod")])
    assert "No changes" not in found.text
    assert f"| `assumeRoles[0].roleArn` |  | `{role}` |" in found.text
    assert "| `aws:assumeRoles` |  | `[{" in found.text
    assert "`aws:region`" not in found.text


def test_what_is_shown_cannot_write_markdown() -> None:
    """Keys, names and the engine's words come from whoever wrote the change."""
    evil = "x`![](http://evil.example/a.png)"
    one = Rendered(type="aws:x/x:X", name=f"{evil}<img>", inputs={f"{evil}|": "1"})
    message = SimpleMessage(f"cannot make {evil}\n# approved", "error")
    found = _report([prelude(**{evil: "1"}), step("create", None, one), event(diagnostic_event=message)])
    assert "`![" not in found.text
    assert "<img>" not in found.text
    assert "\n# approved" not in found.text
