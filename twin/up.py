"""`twin up`: from nothing to the whole system running, in one sequence that leaves nothing when it is interrupted."""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from twin import credentials, postgres, processes, site, state
from twin.errors import TwinError
from twin.report import Report
from twin.starter import Starter
from twin.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.cloud import Cloud
    from twin.logins import Logins
    from twin.supervisor import Running

ACCOUNT_ID = "123456789012"
SITE = processes.ROOT / "web" / "dist"
CHART = processes.ROOT / "examples" / "english.json"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `twin up` was asked for; `ports` by part, 0 for any."""

    folder: Path
    stack: str = "local"
    ports: dict[str, int] = field(default_factory=dict)
    demo: bool = True
    foreground: bool = False


def check(folder: Path) -> None:
    """Everything that can be found missing before anything starts; a sentence for the first that is."""
    state.check_space(folder)
    processes.interpreter()
    postgres.native_folder()
    next(site.files(SITE))


def up(options: Options, report: Report, announce: Callable[[State], None]) -> None:
    """Start, deploy, migrate, publish and demonstrate; `announce` hears when the system is in use.

    In the foreground it returns when everything has stopped again.
    """
    from plan import stack_file

    state.check_folder(options.folder)
    try:
        stack = stack_file.locate(options.stack)
        region = stack_file.read(stack).config.get("aws:region", "ap-northeast-1")
    except stack_file.StackFileError as error:
        raise TwinError(str(error)) from error
    starter = Starter(options.folder, report)
    starter.lock.acquire()
    try:
        check(options.folder)
        with state.disk_errors(options.folder):
            running_state = _sequence(starter, options, stack, region)
    except BaseException:
        starter.failed()
        raise
    if options.foreground:
        announce(running_state)
        starter.stay()
    else:
        starter.ready()
        announce(running_state)


def _sequence(starter: Starter, options: Options, stack: Path, region: str) -> State:
    report = starter.report
    starter.launch(region=region, account_id=ACCOUNT_ID, ports=options.ports)
    with report.step("start"):
        # Importing Pulumi takes as long as the emulator and the database take to start.
        from twin import deployer
        from twin.cloud import Cloud

        running = starter.await_running()
    cloud = Cloud(
        endpoint=running.aws_endpoint,
        region=region,
        account_id=ACCOUNT_ID,
        database_host="127.0.0.1",
        database_port=running.database_port,
        database_password=running.database_password,
        database_ca_file=running.database_ca_file,
    )
    secrets = {"slack_webhook_url": f"{running.slack_url}/services/T000/B000/local"}
    with report.step("deploy"):
        try:
            outputs = deployer.deploy(stack, cloud, secrets, report.deployment()).outputs
        except deployer.DeployError as error:
            raise TwinError(f"The deployment of {stack.name} failed:\n{error}") from error
    user = _furnish(starter, running, cloud, outputs)
    api_url = f"{running.api_url}{_path(outputs['api_url'])}"
    goal_id = None
    if options.demo:
        from twin import demo

        addresses = {"web_url": running.web_url, "api_url": api_url, "sign_in_url": running.sign_in_url}
        goal_id = demo.run({**addresses, "client_id": outputs["client_id"]}, CHART, user, report.step)
    return _write_state(
        starter,
        running,
        outputs=outputs,
        user=user,
        goal_id=goal_id,
        api_url=api_url,
        region=region,
        stack=options.stack,
    )


def _furnish(starter: Starter, running: Running, cloud: Cloud, outputs: dict[str, Any]) -> dict[str, str]:
    """What a deployed system needs before its first use, side by side: addresses, tables, site, user."""
    from twin import demo, logins

    report, folder = starter.report, starter.lock.folder
    found = logins.find(cloud, outputs)
    with ThreadPoolExecutor(max_workers=3) as pool, report.step("migrations, site, user"):
        migrated = pool.submit(_migrate, folder, cloud, found)
        published = pool.submit(site.publish, SITE, outputs["site_bucket"], cloud.client("s3"))
        supplied = pool.submit(credentials.supply, cloud, outputs)
        _open_doors(running, cloud, outputs)
        answered = pool.submit(_ask_health, f"{running.api_url}{_path(outputs['api_url'])}/health")
        user = demo.create_user(cloud, outputs["user_pool_id"])
        for job in (migrated, published, supplied, answered):
            job.result()
    return user


def _ask_health(url: str) -> None:
    """The first call of all: the layer's byte code is compiled once, by this function, before many start at once.

    That it answers 503 is as good: the database does not know its user until the migrations have run.
    """
    try:
        urllib.request.urlopen(url, timeout=30).close()  # noqa: S310 - the twin's own API
    except urllib.error.HTTPError as error:
        with error:
            if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
                return
            raise TwinError(f"GET {url} answered {error.code}: {error.read(500).decode(errors='replace')}") from error


def _migrate(folder: Path, cloud: Cloud, found: Logins) -> None:
    """Run the migrations as the deployed system's administrator and make the application's role."""
    administrator, application = found.administrator, found.application
    login = f"{quote(administrator['username'], safe='')}:{quote(administrator['password'], safe='')}"
    log = folder / "logs" / "migrations.log"
    process = processes.guarded(
        [sys.executable, "-m", "migrations", "up"],
        log=log,
        folder=processes.ROOT,
        environment={
            **os.environ,
            "DATABASE_URL": f"postgresql://{login}@{cloud.database_host}:{cloud.database_port}/{application['dbname']}",
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": cloud.database_ca_file or "",
            "APPLICATION_USERNAME": application["username"],
            "APPLICATION_PASSWORD": application["password"],
        },
    )
    status = process.wait()
    processes.stop(process)
    if status:
        raise TwinError(f"The migrations failed with status {status}: {processes.last_line(log)} (see {log}).")


def _open_doors(running: Running, cloud: Cloud, outputs: dict[str, Any]) -> None:
    """Tell the edge what it stands for, and what it enforces."""
    from twin import edge_rules
    from twin.edge import Addresses

    rules = edge_rules.read(cloud, outputs["distribution_id"], outputs["api_id"])
    addresses = Addresses.of(outputs, site_host=rules["site"]["host"], stage=rules["api"]["stage"])
    book = {"addresses": asdict(addresses), "rules": rules}
    request = urllib.request.Request(  # noqa: S310 - the supervisor's own address
        f"{running.control_url}/addresses",
        data=json.dumps(book).encode(),
        headers={"Authorization": f"Bearer {running.control_token}", "Content-Type": "application/json"},
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


def _path(url: str) -> str:
    return url[url.index("/", len("https://")) :] if "/" in url[len("https://") :] else ""


def _write_state(
    starter: Starter,
    running: Running,
    *,
    outputs: dict[str, Any],
    user: dict[str, str],
    goal_id: str | None,
    api_url: str,
    region: str,
    stack: str,
) -> State:
    result = State(
        web_url=running.web_url,
        api_url=api_url,
        sign_in_url=running.sign_in_url,
        aws_endpoint=running.aws_endpoint,
        region=region,
        account_id=ACCOUNT_ID,
        database_url=running.database_url,
        database_ca_file=running.database_ca_file,
        user=user,
        slack_url=running.slack_url,
        github_url=running.github_url,
        model_url=running.model_url,
        control_url=running.control_url,
        control_token=running.control_token,
        pid=running.pid,
        stack=stack,
        goal_id=goal_id,
        outputs=outputs,
        timings={**starter.report.timings, "total": starter.report.total()},
    )
    state.write(starter.lock.folder, result)
    return result
