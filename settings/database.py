"""The database."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from settings.section import LogRetentionDays, Section

_MINUTES_PER_DAY = 24 * 60
_WEEK_MINUTES = 7 * _MINUTES_PER_DAY
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORTEST_WINDOW = 30  # minutes (RDS API reference, CreateDBCluster)
MODES = ("serverless_v2", "provisioned", "external")
# The first minor version of each major that can pause (Aurora user guide, scaling to zero ACUs).
FIRST_TO_SLEEP = {13: 15, 14: 12, 15: 7, 16: 3}
CLONE = "_clone"  # what rotation adds to the application user's name for the second of the two that take turns

Connections = Annotated[int, Field(ge=1, le=100, description="Percent of the database's max_connections.")]
MaxConnections = Annotated[int, Field(ge=1, description="How many connections all functions may hold together.")]
Window = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")]
WeeklyWindow = Annotated[
    str,
    Field(
        pattern=r"^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
        r"-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d$"
    ),
]


class ReaderScaling(Section):
    """How many readers Application Auto Scaling keeps, led by their average CPU (row 30)."""

    min_readers: Annotated[int, Field(ge=0, le=15)]
    max_readers: Annotated[int, Field(ge=1, le=15)]
    cpu_percent: Annotated[int, Field(ge=10, le=90)]

    @model_validator(mode="after")
    def _ordered(self) -> ReaderScaling:
        if self.min_readers > self.max_readers:
            raise ValueError(f"min_readers ({self.min_readers}) must not be above max_readers ({self.max_readers})")
        return self


class _Instances(Section):
    """The readers beside the one writer: each stands in the next zone, and any can become the writer."""

    readers: Annotated[int, Field(ge=0, le=15)]
    reader_scaling: ReaderScaling | None = None

    @model_validator(mode="after")
    def _room_for_readers(self) -> _Instances:
        if self.reader_scaling and self.readers > self.reader_scaling.max_readers:
            raise ValueError(
                f"readers ({self.readers}) must not be above reader_scaling.max_readers "
                f"({self.reader_scaling.max_readers}): declared readers count among those that scaling keeps"
            )
        return self


class ServerlessV2(_Instances):
    """Aurora Serverless v2; capacity in Aurora capacity units (rows 15, 16)."""

    mode: Literal["serverless_v2"]
    min_capacity: Annotated[float, Field(ge=0, le=256, multiple_of=0.5)]
    max_capacity: Annotated[float, Field(ge=1, le=256, multiple_of=0.5)]

    @model_validator(mode="after")
    def _ordered(self) -> ServerlessV2:
        if self.min_capacity > self.max_capacity:
            raise ValueError(
                f"min_capacity ({self.min_capacity:g}) must not be above max_capacity ({self.max_capacity:g})"
            )
        return self


class Provisioned(_Instances):
    """Aurora on instances of a fixed class; Multi-AZ by its readers (row 17)."""

    mode: Literal["provisioned"]
    instance_class: Annotated[str, Field(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$")]


class External(Section):
    """A PostgreSQL that somebody else runs (row 32): nothing is made but the way to it.

    `parameter` names an SSM SecureString that the operator writes, encrypted with the stack's key for secrets. It
    holds the same JSON as the secret of an own database: username, password, host, port, dbname; and `sslrootcert`, the
    certificates of the authority that the server's own is from, unless that is Amazon RDS's. `max_connections` is what
    that database, or the pooler in front of it, grants to the functions together.
    """

    mode: Literal["external"]
    parameter: Annotated[str, Field(pattern=r"^/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", max_length=1000)]
    port: Annotated[int, Field(ge=1, le=65535)]
    cidr_blocks: Annotated[list[Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+\.\d+/\d+$")]], Field(min_length=1)]
    max_connections: MaxConnections


class NoPooling(Section):
    """Every execution of a function holds a connection of its own (rows 167, 233).

    The reserved concurrency of all functions that use the database must add up to no more than `max_connections`.
    """

    mode: Literal["none"]
    max_connections: MaxConnections


class RdsProxy(Section):
    """RDS Proxy between functions and database: many clients share few connections (rows 29, 167, 233)."""

    mode: Literal["rds_proxy"]
    max_connections_percent: Connections
    idle_client_timeout_seconds: Annotated[int, Field(ge=60, le=28_800)]
    borrow_timeout_seconds: Annotated[int, Field(ge=1, le=300)]


class NoBackup(Section):
    """What Aurora keeps in any case: one day."""

    automation: Literal["none"]
    window: Window

    @property
    def retention_days(self) -> int:
        """Days that the cluster's own backup reaches back: Aurora knows no less than one."""
        return 1


class AuroraBackup(Section):
    """Aurora's continuous backup: any second of the last days can be restored (rows 18, 19)."""

    automation: Literal["aurora"]
    retention_days: Annotated[int, Field(ge=1, le=35)]
    window: Window


class AwsBackup(Section):
    """Aurora's continuous backup, and AWS Backup's snapshots in a vault that outlive the cluster (C2)."""

    automation: Literal["aws_backup"]
    retention_days: Annotated[int, Field(ge=1, le=35)]
    window: Window
    schedule: Annotated[str, Field(pattern=r"^cron\(.+\)$")]
    snapshot_retention_days: Annotated[int, Field(ge=1, le=36_500)]


class AuroraDatabase(Section):
    """PostgreSQL on Aurora (rows 15 to 30, 34 to 39, 246)."""

    engine: Annotated[ServerlessV2 | Provisioned, Field(discriminator="mode", description="How the database runs.")]
    engine_version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    database_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    administrator: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$")]
    application_user: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,56}$")]
    pooling: Annotated[NoPooling | RdsProxy, Field(discriminator="mode", description="Who shares connections.")]
    backup: Annotated[NoBackup | AuroraBackup | AwsBackup, Field(discriminator="automation")]
    maintenance_window: WeeklyWindow
    deletion_protection: bool
    performance_insights: bool
    monitoring_interval_seconds: Annotated[
        Literal[0, 1, 5, 10, 15, 30, 60], Field(description="Enhanced monitoring of the operating system; 0 is off.")
    ]
    slow_query_ms: Annotated[int, Field(ge=1)]
    audited: Annotated[
        list[Literal["read", "write", "function", "role", "ddl", "misc"]],
        Field(description="The classes of statements that pgaudit writes to the log; none switches it off."),
    ]
    log_retention_days: LogRetentionDays
    rotation_days: Annotated[
        Annotated[int, Field(ge=1, le=1000)] | None, Field(description="Days between rotations of the credentials.")
    ]

    @field_validator("engine", mode="before")
    @classmethod
    def _known_mode(cls, engine: Any) -> Any:
        """Name all three alternatives: the third makes a section of another shape."""
        mode = engine.get("mode") if isinstance(engine, dict) else None
        if isinstance(mode, str) and mode not in MODES:
            raise ValueError(f"mode should be 'serverless_v2', 'provisioned' or 'external' (got '{mode}')")
        return engine

    @model_validator(mode="after")
    def _can_fall_asleep(self) -> AuroraDatabase:
        """With no capacity at least, Aurora pauses when nobody is connected; a proxy always is (Aurora user guide)."""
        if not isinstance(self.engine, ServerlessV2) or self.engine.min_capacity > 0:
            return self
        major, minor = (int(part) for part in self.engine_version.split("."))
        if minor < FIRST_TO_SLEEP.get(major, 0):
            raise ValueError(
                f"engine_version ({self.engine_version}) cannot pause, which engine.min_capacity 0 asks for: take "
                f"{major}.{FIRST_TO_SLEEP[major]} or later, or a min_capacity of 0.5"
            )
        if self.pooling.mode == "rds_proxy":
            raise ValueError(
                "engine.min_capacity (0) has no effect with pooling.mode 'rds_proxy', whose connections keep the "
                "database awake: set min_capacity to 0.5, or pooling.mode to 'none'"
            )
        return self

    @model_validator(mode="after")
    def _users_differ(self) -> AuroraDatabase:
        if self.application_user == self.administrator or self.application_user.endswith(CLONE):
            raise ValueError(
                f"application_user ({self.application_user}) must be neither the administrator ({self.administrator}) "
                f"nor end in {CLONE}, which rotation adds for the second of its two users: choose another name"
            )
        return self

    @model_validator(mode="after")
    def _windows_apart(self) -> AuroraDatabase:
        backup, maintenance = _daily(self.backup.window), _weekly(self.maintenance_window)
        for key, length in (("backup.window", backup[1]), ("maintenance_window", maintenance[1])):
            if length < _SHORTEST_WINDOW:
                raise ValueError(f"{key} lasts {length} minutes and RDS wants at least {_SHORTEST_WINDOW}: widen it")
        if any(
            _overlap((start, backup[1]), maintenance) for start in range(backup[0], _WEEK_MINUTES, _MINUTES_PER_DAY)
        ):
            raise ValueError(
                f"backup.window ({self.backup.window}) and maintenance_window ({self.maintenance_window}) overlap, "
                "which RDS refuses: move one of them"
            )
        return self


class ExternalDatabase(Section):
    """PostgreSQL that stands elsewhere: the stack holds no database (row 32)."""

    engine: External


def _engine(value: Any) -> str:
    """Which kind of database section this is: what does not say 'external' is judged as Aurora's."""
    engine = value.get("engine") if isinstance(value, dict) else getattr(value, "engine", None)
    mode = engine.get("mode") if isinstance(engine, dict) else getattr(engine, "mode", None)
    return "external_database" if mode == "external" else "aurora_database"


DatabaseSettings = Annotated[
    Annotated[AuroraDatabase, Tag("aurora_database")] | Annotated[ExternalDatabase, Tag("external_database")],
    Discriminator(_engine),
]


def _minute(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _daily(window: str) -> tuple[int, int]:
    """The start of a daily window in minutes after midnight, and its length."""
    start, end = (_minute(time) for time in window.split("-"))
    return start, (end - start) % _MINUTES_PER_DAY


def _weekly(window: str) -> tuple[int, int]:
    """The start of a weekly window in minutes after Sunday midnight, and its length."""
    start, end = (_WEEKDAYS.index(moment[:3]) * _MINUTES_PER_DAY + _minute(moment[4:]) for moment in window.split("-"))
    return start, (end - start) % _WEEK_MINUTES


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two windows of the circular week share a minute."""
    return (other[0] - one[0]) % _WEEK_MINUTES < one[1] or (one[0] - other[0]) % _WEEK_MINUTES < other[1]
