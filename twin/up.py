"""`twin up`: from nothing to the whole system running, in one sequence that leaves nothing when it is interrupted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from twin import postgres, processes, site, state
from twin.errors import TwinError
from twin.report import Report
from twin.state import Lock, State

if TYPE_CHECKING:
    from types import FrameType

    from twin.cloud import Cloud
    from twin.supervisor import Running

ACCOUNT_ID = "123456789012"
SITE = processes.ROOT / "web" / "dist"
CHART = processes.ROOT / "examples" / "english.json"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOP_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `twin up` was asked for; `ports` by part, 0 for any."""

    folder: Path
    stack: str = "local"
    ports: dict[str, int] = field(default_factory=dict)
    demo: bool = True


def check(folder: Path) -> None:
    """Everything that can be found missing before anything starts; a sentence for the first that is."""
    state.check_space(folder)
    processes.interpreter()
    postgres.native_folder()
    next(site.files(SITE))


class Starter:
    """The supervisor, while this command still answers for it."""

    def __init__(self, options: Options, report: Report) -> None:
        self.options = options
        self.report = report
        self.lock = Lock(options.folder.absolute())
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self, region: str) -> None:
        """Take the folder and start the supervisor; returns at once."""
        folder = self.lock.folder
        for number in _SIGNALS:
            signal.signal(number, self._interrupted)
        self.lock.record(os.getpid())
        state.empty(folder)
        (folder / "logs").mkdir()
        command = [sys.executable, "-m", "twin.supervisor", "--folder", str(folder), "--region", region]
        command += ["--account-id", ACCOUNT_ID, "--lock-descriptor", str(self.lock.descriptor)]
        command += [word for part, port in self.options.ports.items() if port for word in (f"--{part}-port", str(port))]
        with (folder / "logs" / "supervisor.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - this project's own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=processes.ROOT,
                pass_fds=[self.lock.descriptor],
                start_new_session=True,
            )
        self.lock.record(self.process.pid, os.getpid())

    def await_running(self) -> Running:
        """What the supervisor says once every part answers; TwinError when one would not start."""
        from twin.supervisor import Running

        line = self.process.stdout.readline() if self.process and self.process.stdout else b""
        if not line:
            log = self.lock.folder / "logs" / "supervisor.log"
            raise TwinError(f"The supervisor ended while starting: {processes.last_line(log)} (see {log}).")
        answer = json.loads(line)
        if "error" in answer:
            raise TwinError(answer["error"])
        return Running(**answer)

    def ready(self) -> None:
        """Let the supervisor live on without this command."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._tell("ready")
        self.lock.record(self.process.pid if self.process else 0)
        self.lock.release()

    def failed(self) -> None:
        """Stop everything; the logs stay, to be read."""
        self._tell("failed")
        self._await_end()
        if not self.process:
            state.remove(self.lock.folder)
        self.lock.release()

    def _tell(self, word: str) -> None:
        if self.process and self.process.stdin:
            with contextlib.suppress(OSError):
                self.process.stdin.write(f"{word}\n".encode())
                self.process.stdin.close()

    def _await_end(self) -> None:
        if self.process:
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """Undo everything at once, in whatever state this process's threads are, and end."""
        import psutil

        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        with contextlib.suppress(Exception):
            self.report.close()
        for child in psutil.Process().children():
            if not self.process or child.pid != self.process.pid:
                with contextlib.suppress(psutil.Error):
                    child.kill()
        if self.process and self.process.stdin:
            with contextlib.suppress(OSError):
                os.close(self.process.stdin.fileno())
        self._await_end()
        state.remove(self.lock.folder)
        os.write(2, f"Interrupted: everything was stopped and {self.lock.folder} was removed.\n".encode())
        os._exit(128 + number)


def up(options: Options, report: Report) -> State:
    """Start, deploy, migrate, publish and demonstrate; returns when the system is in use."""
    from plan import stack_file

    state.check_folder(options.folder)
    try:
        stack = stack_file.locate(options.stack)
        region = stack_file.read(stack).config.get("aws:region", "ap-northeast-1")
    except stack_file.StackFileError as error:
        raise TwinError(str(error)) from error
    starter = Starter(options, report)
    starter.lock.acquire()
    try:
        check(options.folder)
        with state.disk_errors(options.folder):
            running_state = _sequence(starter, stack, region)
    except BaseException:
        starter.failed()
        raise
    starter.ready()
    return running_state


def _sequence(starter: Starter, stack: Path, region: str) -> State:
    report, options = starter.report, starter.options
    starter.launch(region)
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
    return _write_state(starter, running, outputs=outputs, user=user, goal_id=goal_id, api_url=api_url, region=region)


def _furnish(starter: Starter, running: Running, cloud: Cloud, outputs: dict[str, Any]) -> dict[str, str]:
    """What a deployed system needs before its first use, side by side: addresses, tables, site, user."""
    from twin import demo

    report, folder = starter.report, starter.lock.folder
    with ThreadPoolExecutor(max_workers=3) as pool, report.step("migrations, site, user"):
        migrated = pool.submit(_migrate, folder, cloud, outputs)
        published = pool.submit(site.publish, SITE, outputs["site_bucket"], cloud.client("s3"))
        user = demo.create_user(cloud, outputs["user_pool_id"])
        _set_addresses(running, outputs)
        published.result()
        migrated.result()
    return user


def _migrate(folder: Path, cloud: Cloud, outputs: dict[str, Any]) -> None:
    """Run the migrations as the deployed system's administrator and make the application's role."""

    def secret(name: str) -> dict[str, Any]:
        answer = cloud.client("secretsmanager").get_secret_value(SecretId=outputs[name])
        value: dict[str, Any] = json.loads(answer["SecretString"])
        return value

    administrator, application = secret("database_administrator_secret_arn"), secret("database_secret_arn")
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


def _set_addresses(running: Running, outputs: dict[str, Any]) -> None:
    from twin.edge import Addresses

    request = urllib.request.Request(  # noqa: S310 - the supervisor's own address
        f"{running.control_url}/addresses",
        data=json.dumps(asdict(Addresses.of(outputs))).encode(),
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
        model_url=running.model_url,
        control_url=running.control_url,
        control_token=running.control_token,
        pid=running.pid,
        stack=starter.options.stack,
        goal_id=goal_id,
        outputs=outputs,
        timings={**starter.report.timings, "total": starter.report.total()},
    )
    state.write(starter.lock.folder, result)
    return result
