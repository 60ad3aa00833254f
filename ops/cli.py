"""`ops`: what people do with a deployed system over time, as commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ops.errors import OpsError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from ops.monitor import Monitoring, Run
    from ops.target import Target

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


class _Commands(TyperGroup):
    """Commands whose every expected failure is one sentence on standard error."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except OpsError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(WRONG_USAGE if isinstance(error, UsageError) else FAILED) from None


app = typer.Typer(
    name="ops",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="What people do with a deployed system over time, on AWS and on the twin alike.",
    epilog="Exit status: 0 done, 1 could not or it failed, 2 wrong usage, 130 interrupted.",
)
monitor = typer.Typer(no_args_is_help=True, help="Repository monitoring, by hand.")
app.add_typer(monitor, name="monitor")

Outputs = Annotated[
    str, typer.Option("--outputs", metavar="FILE", help="The outputs of a stack, as JSON; `-` reads standard input.")
]
OnTwin = Annotated[bool, typer.Option("--twin", help="The twin on this machine instead of an account of AWS.")]
Folder = Annotated[Path, typer.Option("--folder", help="The twin's state folder.", show_default=True)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]


@app.callback()
def main() -> None:
    """What people do with a deployed system over time, on AWS and on the twin alike."""


@monitor.command()
def run(
    arn: Annotated[str, typer.Option("--state-machine-arn", metavar="ARN", help="The workflow itself.")] = "",
    outputs: Outputs = "",
    twin: OnTwin = False,
    folder: Folder = Path(".twin"),
    wait: Annotated[bool, typer.Option(help="Wait for the run's end and print its summary.")] = True,
    as_json: AsJson = False,
) -> None:
    """Look for news in the followed repositories now, as the schedule does every day.

    `pulumi stack output --json | ops monitor run --outputs -`, or on this machine `ops monitor run --twin`.

    Credentials are found as boto3 finds them: `AWS_PROFILE`, `aws sso login`, the environment. Exit status 1 when the
    run failed; single sources that failed are listed, and fail no run.
    """
    from rich.console import Console

    from ops.monitor import OUTPUT, Monitoring

    monitoring = Monitoring(_target(OUTPUT, arn=arn, outputs=outputs, folder=folder if twin else None))
    execution = monitoring.start()
    if not wait:
        typer.echo(json.dumps({"executionArn": execution}) if as_json else f"Started {execution}")
        return
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"Started {execution}", markup=False)
    ended = _waited(monitoring, execution, console)
    typer.echo(json.dumps(ended.as_json(), indent=2, sort_keys=True) if as_json else _told(ended))
    if not ended.succeeded:
        raise typer.Exit(FAILED)


def _target(output: str, *, arn: str, outputs: str, folder: Path | None) -> Target:
    from ops.target import Target

    given = [
        name for name, value in (("--state-machine-arn", arn), ("--outputs", outputs), ("--twin", folder)) if value
    ]
    if len(given) != 1:
        raise UsageError(
            f"Name one system with --state-machine-arn, --outputs or --twin (got {' and '.join(given) or 'none'})."
        )
    if folder:
        return Target.of_twin(folder)
    return Target.of_outputs(outputs) if outputs else Target.of_arn(output, arn)


def _waited(monitoring: Monitoring, execution: str, console: Console) -> Run:
    try:
        with console.status("Waiting for the first state ...") as status:

            def show(state: str) -> None:
                status.update(f"{state} ...")
                if not console.is_terminal:
                    console.print(state, markup=False)

            return monitoring.wait(execution, show)
    except KeyboardInterrupt:
        typer.echo(f"No longer waiting; the run goes on: {execution}", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _told(run: Run) -> str:
    if not run.succeeded or run.summary is None:
        why = f"{run.error or 'no error'}: {run.cause or 'no cause'}"
        return f"The run ended {run.status} after {run.seconds or 0:.0f} s ({why})."
    summary = run.summary
    failures = summary.get("failures", [])
    lines = [
        f"Looked at {summary['sources']} sources in {run.seconds or 0:.0f} s: {summary['newActivities']} new "
        f"activities, {summary['failedSources']} sources failed.",
        *(f"  {failure['sourceId']}  {failure['error']}" for failure in failures),
    ]
    hidden = summary["failedSources"] - len(failures)
    return "\n".join([*lines, f"  and {hidden} more"] if hidden > 0 else lines)


if __name__ == "__main__":
    app()
