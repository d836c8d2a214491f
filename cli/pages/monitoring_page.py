"""docs/monitoring.md: every alarm with what it means and what to do, what is logged, what it costs."""

from pathlib import Path
from typing import Final

from cli.markdown import table, usd
from components.model.alarm import Alarm, Missing
from components.model.monitoring.alarms import alarms
from components.model.pricing import prices
from components.model.services import metrics
from components.model.settings.configuration import parse
from components.model.workload.workload import workload

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "monitoring.md"
SMALL: Final = parse(
    {"singleTask": "true", "apiServerMemoryMib": "4096", "alarmsEmails": '["team@example.com"]'}
)
"""As the stack `dev`."""
WHOLE: Final = parse(
    {
        "executor": "CeleryExecutor",
        "alarmsEmails": '["team@example.com"]',
        "databaseMaintenanceAfterDays": "90",
        "loadBalancerDomain": "airflow.example.com",
    }
)
"""What has every alarm."""
MISSING: Final = {
    Missing.BREACHING: "an alarm",
    Missing.NOT_BREACHING: "no alarm",
    Missing.IGNORED: "as before",
}
HEAD: Final = """\
# Monitoring

What watches a cluster, what it notifies of, and what to do then. Nothing here is needed to run one: alarms
exist where somebody is notified of them.

```sh
pulumi config set --path 'alarmsEmails[0]' team@example.com   # each address confirms once, by AWS's link
pulumi config set alarmsTopicArn arn:aws:sns:...              # or an existing topic
pulumi config set alarmsDashboard true                        # what the alarms watch, as graphs
```

With `alarmsEmails` the stack creates an SNS topic, to which its alarms alone can publish, over TLS; the
output `alarms_topic_arn` names it. It is encrypted with the cluster's key where there is one
(`kmsCreateKey`, or `kmsKeyArn` whose policy lets `cloudwatch.amazonaws.com` call `kms:Decrypt` and
`kms:GenerateDataKey`): AWS's own key for SNS cannot be used by alarms. For Slack or Microsoft Teams,
subscribe [Amazon Q Developer in chat
applications](https://docs.aws.amazon.com/chatbot/latest/adminguide/slack-setup.html) to that topic: a
workspace is authorized by hand in its console, so no setting can do it. PagerDuty, Opsgenie and others
subscribe their HTTPS address to it, which holds a key and so does not belong in a stack file. An alarm
notifies when it begins and when it ends.

While the cluster is asleep, or its scheduler stopped (`airflow-ecs stop-scheduler`), the alarms on what
does not run notify nobody. Alarms that scale workers are in [workers.md](workers.md#autoscaling).
"""
EVENTS: Final = """\
## Events

ECS remembers a stopped task for about an hour. The log group `/aws/events/<prefix>-<stack>-events` keeps,
for `logsRetentionDays`, why tasks of services stopped (`stoppedReason`, exit codes) and what became of
deployments, in the form of [ECS's
events](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html). Of other tasks,
such as those of `airflow-ecs run`, it has only task, group, stop code and exit code: their events hold the
command and environment that somebody gave them (overrides). `logsEvents: false` keeps none of this, and
leaves out the alarms that count events. EventBridge's permission is a resource policy of CloudWatch Logs,
of which a region of an account can have ten.
"""
DEPLOYMENTS: Final = """\
## Deployments

Deployments are rolled back by ECS's [circuit
breaker](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html) and
`up` waits until new tasks have been healthy for `rolloutSettlingSeconds`. ECS could also [roll back by
alarms](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html); this
program does not use that. An alarm cannot tell a bad version from an outage that began meanwhile: with the
database away, the API server answers with errors, and a rollback would replace the tasks of every service
without helping. ECS also goes on watching after the last task was replaced, so that each `up` would take
minutes longer.
"""


def page() -> str:
    """Write the page."""
    parts = [HEAD, "## Alarms\n\n" + _alarms(), EVENTS, DEPLOYMENTS, "## Cost\n\n" + _cost()]
    return "\n".join(part.strip() + "\n" for part in parts)


def _alarms() -> str:
    rows = [
        (
            f"`{one.name}`",
            f"`{one.metric.name}`",
            one.condition,
            MISSING[one.missing],
            one.meaning,
            one.remedy,
        )
        for one in alarms(workload(WHOLE))
    ]
    text = (
        "Of a cluster with CeleryExecutor, a domain and database maintenance; their names begin with prefix "
        "and stack. Thresholds of the database are those of its default class and storage. Without Container "
        "Insights (`containerInsights`) nobody counts running tasks, and `...-down` means that none runs.\n\n"
    )
    return text + table(("alarm", "metric", "an alarm if", "without data", "meaning", "what to do"), rows)


def _cost() -> str:
    rows = [
        (name, str(len(table_)), usd(len(table_) * at.alarm_month), usd(_published()), usd(_total(table_)))
        for name, table_ in (("as `dev`", alarms(workload(SMALL))), ("as above", alarms(workload(WHOLE))))
        for at in (prices.US_EAST_1,)
    ]
    text = (
        f"\n\nA container of the scheduler's task publishes {metrics.STATE_METRICS} metrics (heartbeats, "
        "failed tasks, the oldest queued task) once a minute, in one request per scheduler. A metric of "
        f"events costs ${prices.US_EAST_1.metric_month} a month for hours in which it counts, a dashboard "
        f"{usd(prices.US_EAST_1.dashboard_month)}. AWS gives an account ten alarms, ten metrics and three "
        "dashboards for free; this counts on none. Events cost what is logged of them."
    )
    head = ("cluster", "alarms", "USD per month", "metrics", "together")
    return table(head, rows) + text


def _published() -> float:
    at = prices.US_EAST_1
    requests = prices.HOURS_PER_MONTH * 3600 / metrics.STATE_PERIOD_SECONDS
    return metrics.STATE_METRICS * at.metric_month + requests / 1000 * at.metric_thousand_requests


def _total(table_: list[Alarm]) -> float:
    return len(table_) * prices.US_EAST_1.alarm_month + _published()


if __name__ == "__main__":
    PAGE.write_text(page())
