"""`twin`: the whole system on this machine, as commands."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from twin import state
from twin.errors import TwinError

if TYPE_CHECKING:
    from rich.console import Console

    from twin.report import Report

NOT_RUNNING = 3


class _Commands(TyperGroup):
    """Commands whose every expected failure is one sentence on standard error."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except TwinError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help=(
        "The whole system on this machine: emulated AWS, a real PostgreSQL, the site, a user, a goal and its tasks. "
        "No account, no Docker, nothing outside 127.0.0.1.\n\n"
        "`twin up` starts it, `twin status` tells where it is, `twin down` removes it without a trace."
    ),
    epilog="Exit status: 0 done, 1 could not, 2 wrong usage, 3 no twin is running, 130 interrupted.",
)

Folder = Annotated[
    Path, typer.Option("--folder", help="The twin's state folder; another folder is another twin.", show_default=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
Port = Annotated[
    int, typer.Option(min=0, max=65535, help="A port of 127.0.0.1; 0 takes the usual one or any free one.")
]
DEFAULT = Path(".twin")
PARTS = ("web", "api", "auth", "aws", "slack", "model", "github", "postgres")


@app.command()
def up(
    folder: Folder = DEFAULT,
    stack: Annotated[
        str, typer.Option(help="Whose settings: a stack's name (local, dev, prod) or a stack file's path.")
    ] = "local",
    demo: Annotated[bool, typer.Option(help="Sign a user in, write a chart and generate its tasks.")] = True,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay; stop everything at Ctrl-C or when standard input ends.")
    ] = False,
    web_port: Port = 0,
    api_port: Port = 0,
    auth_port: Port = 0,
    aws_port: Port = 0,
    slack_port: Port = 0,
    model_port: Port = 0,
    github_port: Port = 0,
    postgres_port: Port = 0,
    as_json: AsJson = False,
) -> None:
    """Start everything, deploy the program, and leave it running.

    Interrupting it, at any moment, leaves nothing behind.
    """
    from rich.console import Console

    from twin.report import Report
    from twin.up import Options
    from twin.up import up as run

    asked = (web_port, api_port, auth_port, aws_port, slack_port, model_port, github_port, postgres_port)
    ports = dict(zip(PARTS, asked, strict=True))
    # The program's many objects all live until the end: collecting garbage among them costs time and frees nothing.
    gc.disable()
    report = Report(Console(stderr=as_json))
    options = Options(folder=folder, stack=stack, ports=ports, demo=demo, foreground=foreground)
    try:
        run(options, report, lambda running: _announce(report, running, folder, as_json=as_json))
    finally:
        report.close()
    # Taking Pulumi's modules apart, one by one, would take longer than a second.
    sys.stdout.flush()
    os._exit(0)


def _announce(report: Report, running: state.State, folder: Path, *, as_json: bool) -> None:
    report.close()
    if as_json:
        _print_json(_public(running))
    else:
        _introduce(report.console, running, folder)
    sys.stdout.flush()


@app.command()
def down(folder: Folder = DEFAULT) -> None:
    """Stop everything and remove the state folder, whatever state it is in."""
    from twin.down import down as run

    typer.echo("The twin is gone." if run(folder.absolute()) else f"There is no twin in {folder}.")


@app.command()
def status(folder: Folder = DEFAULT, as_json: AsJson = False) -> None:
    """Tell whether the twin runs, and where its parts are. Exit status 3 when it does not."""
    from rich.console import Console

    folder = folder.absolute()
    if not state.Lock(folder).held():
        reason = folder / state.STOPPED_FILE
        why = f" It stopped: {reason.read_text().strip()}" if reason.exists() else ""
        if as_json:
            _print_json({"running": False, "reason": why.strip() or None})
        else:
            typer.echo(f"No twin is running in {folder}.{why}")
        raise typer.Exit(NOT_RUNNING)
    running = state.read(folder)
    live = _control(running)
    if as_json:
        _print_json({"running": True, **_public(running), "supervisor": live})
        return
    _introduce(Console(), running, folder)
    typer.echo(f"Running for {live['uptimeSeconds']:.0f} s as process {live['pid']}; logs in {folder / 'logs'}.")


@app.command()
def token(folder: Folder = DEFAULT) -> None:
    """Sign the demonstration user in as a browser would and print the access token.

    For example: `curl -H "Authorization: Bearer $(twin token)" <API>/goals`
    """
    from aiohttp import ClientSession

    from twin.sign_in import access_token

    running = _running(folder)

    async def sign_in() -> str:
        async with ClientSession() as session:
            return await access_token(
                session,
                sign_in_url=running.sign_in_url,
                web_url=running.web_url,
                client_id=running.outputs["client_id"],
                email=running.user["email"],
                password=running.user["password"],
            )

    typer.echo(asyncio.run(sign_in()))


@app.command()
def logs(
    name: Annotated[
        str | None,
        typer.Argument(help="A function (`goals`, `save_tasks`), a log group, or a part: aws, postgres, supervisor."),
    ] = None,
    folder: Folder = DEFAULT,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing what is logged.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a function's CloudWatch log or a part's log; without a name, list those there are."""
    from twin import logs as reader

    folder = folder.absolute()
    running = None if name in reader.parts(folder) else _running(folder)
    if name is None:
        names = reader.names(folder, running)
        if as_json:
            _print_json(names)
        else:
            typer.echo("\n".join(names))
        return
    for entry in reader.entries(folder, running, name, follow=follow):
        typer.echo(json.dumps(entry) if as_json else entry["message"])


@app.command()
def fire(
    name: Annotated[str | None, typer.Argument(help="A schedule, by its whole name or the end of it.")] = None,
    folder: Folder = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Start at once what a schedule starts by the clock; without a name, list the schedules there are.

    For example: `twin fire repository-monitoring`
    """
    from twin import schedules
    from twin.cloud import Cloud

    cloud = Cloud.of(_running(folder))
    if name is None:
        found = schedules.names(cloud)
        typer.echo(json.dumps(found) if as_json else "\n".join(found))
        return
    started = schedules.fire(cloud, name)
    typer.echo(json.dumps({"started": started}) if as_json else f"Started {started}")


def _running(folder: Path) -> state.State:
    folder = folder.absolute()
    if not state.Lock(folder).held():
        typer.echo(f"No twin is running in {folder}: start one with `twin up`.", err=True)
        raise typer.Exit(NOT_RUNNING)
    return state.read(folder)


def _control(running: state.State) -> dict[str, Any]:
    import urllib.error
    import urllib.request

    request = urllib.request.Request(  # noqa: S310 - the supervisor's own address
        f"{running.control_url}/status", headers={"Authorization": f"Bearer {running.control_token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            live: dict[str, Any] = json.loads(answer.read())
            return live
    except urllib.error.URLError as error:
        raise TwinError(
            f"The supervisor (process {running.pid}) does not answer at {running.control_url} ({error.reason}): "
            "run `twin down`."
        ) from error


def _public(running: state.State) -> dict[str, Any]:
    from dataclasses import asdict

    values = asdict(running)
    del values["control_token"]
    return values


def _introduce(console: Console, running: state.State, folder: Path) -> None:
    rows = {
        "Site": running.web_url,
        "User": running.user["email"],
        "Password": running.user["password"],
        "API": running.api_url,
        "AWS": f"{running.aws_endpoint} ({running.region}, account {running.account_id})",
        "Slack": running.slack_url,
        "State": str(folder),
    }
    seconds = running.timings.get("total")
    console.print()
    for name, value in rows.items():
        console.print(f"{name:<9} {value}", highlight=False, soft_wrap=True, markup=False)
    if seconds:
        console.print(f"Ready in {seconds:.1f} s. Open the site, or stop it all with `twin down`.", highlight=False)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, sort_keys=True))


if __name__ == "__main__":
    app()
