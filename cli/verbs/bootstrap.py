"""`airflow-ecs bootstrap`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.options import AlwaysJson, StackName


def bootstrap(
    *,
    stack: StackName,
    repository: Annotated[str, Parameter("--repository", help="GitHub's repository, OWNER/NAME.")],
    region: Annotated[str, Parameter("--region", help="The stack's region; bucket and key are there too.")],
    owner_id: Annotated[
        int | None, Parameter("--owner-id", help="GitHub's id of the owner; default: from `gh`.")
    ] = None,
    repository_id: Annotated[
        int | None, Parameter("--repository-id", help="GitHub's id of the repository; default: from `gh`.")
    ] = None,
    subjects_without_ids: Annotated[
        bool,
        Parameter(
            "--subjects-without-ids",
            help="Trust tokens of the old form too, while the repository moves to immutable subjects.",
        ),
    ] = False,
    bucket: Annotated[
        str, Parameter("--bucket", help="The state's bucket; default: airflow-ecs-state-ACCOUNT-REGION.")
    ] = "",
    branch: Annotated[
        str, Parameter("--branch", help="The branch that is deployed.", show_default=True)
    ] = "main",
    sweep: Annotated[
        bool,
        Parameter(
            "--sweep",
            help="For a family such as pr: stacks of pull requests, deleted from STACK-sweep too.",
        ),
    ] = False,
    name_prefix: Annotated[
        str, Parameter("--name-prefix", help="The stack's setting namePrefix.", show_default=True)
    ] = "airflow",
    existing: Annotated[
        list[str] | None,
        Parameter(
            "--existing",
            help="ARN of a bucket, image repository or parameter that the stack uses; may be repeated.",
        ),
    ] = None,
    secret: Annotated[
        list[str] | None,
        Parameter(
            "--secret",
            help="ARN of a secret that the program or its tasks read; may end in *, and be repeated.",
        ),
    ] = None,
    port: Annotated[
        list[int] | None,
        Parameter("--port", help="The load balancer's port, if not 80 or 443; may be repeated."),
    ] = None,
    cluster_key: Annotated[
        bool, Parameter("--cluster-key", help="Let it make and change KMS keys (kmsCreateKey).")
    ] = False,
    task_statements: Annotated[
        Path | None,
        Parameter(
            "--task-statements",
            help="File with a JSON list of IAM statements that the cluster's roles may also have "
            "(iamExtraStatements).",
        ),
    ] = None,
    as_json: AlwaysJson = True,  # noqa: ARG001, for scripts that give it to every command
) -> None:
    """Create state bucket, key and roles for a stack's CI, once; print what to set at GitHub, as JSON."""
    from cli.answer import answer
    from cli.bootstrap import Wanted
    from cli.bootstrap import bootstrap as run

    wanted = Wanted(
        stack=stack,
        repository=repository,
        owner_id=owner_id,
        repository_id=repository_id,
        subjects_without_ids=subjects_without_ids,
        region=region,
        bucket=bucket,
        branch=branch,
        sweep=sweep,
        name_prefix=name_prefix,
        existing=existing or [],
        secrets=secret or [],
        ports=port or [],
        cluster_key=cluster_key,
        task_statements=task_statements,
    )
    answer("", run(wanted), as_json=True)
