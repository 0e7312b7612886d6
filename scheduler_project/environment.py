"""Every environment variable that the platform reads, in one list.

`docs/settings.md` is written from this class and a test keeps the two equal.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import ByteSize, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from executions.outgoing import allowing

DEVELOPMENT_SECRET = "development-only-secret-never-use-it-in-production"  # noqa: S105

ENCRYPTION_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")  # as Fernet writes it
MAKE_A_KEY = 'python -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'

Role = Literal["web", "beat", "worker", "command"]


class Environment(BaseSettings):
    """Settings of one process, read once from the environment.

    Nothing here changes when something fires: zones, policies and limits are
    columns of the schedule or the workflow.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,  # a refused value may be a secret
    )

    mode: Literal["production", "development", "test"] = Field(
        default="production",
        validation_alias="HORARIUM_ENV",
        description="`production` refuses unsafe settings; `development` and `test` fill in defaults.",
    )
    secret_key: str = Field(
        default=DEVELOPMENT_SECRET,
        validation_alias="SECRET_KEY",
        repr=False,
        description="Signs sessions. At least 32 random characters.",
    )
    encryption_keys: Annotated[list[str], NoDecode] = Field(
        default=[],
        validation_alias="HORARIUM_ENCRYPTION_KEYS",
        repr=False,
        description="Fernet keys that seal stored secrets, separated by commas: the first seals, all open. Without one "
        "the key is derived from `SECRET_KEY`, and a new `SECRET_KEY` makes stored secrets unreadable.",
    )
    debug: bool = Field(
        default=False, validation_alias="DEBUG", description="Django's debug pages. Never in production."
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default=["localhost", "127.0.0.1", "[::1]"],
        validation_alias="ALLOWED_HOSTS",
        description="Host names that the web process answers to, separated by commas.",
    )
    csrf_trusted_origins: Annotated[list[str], NoDecode] = Field(
        default=[],
        validation_alias="CSRF_TRUSTED_ORIGINS",
        description="Origins such as `https://horarium.example.com`, separated by commas.",
    )
    https: bool = Field(
        default=False,
        validation_alias="HORARIUM_HTTPS",
        description="Behind TLS: cookies are sent over HTTPS only and `X-Forwarded-Proto` is trusted.",
    )
    database_url: str = Field(
        default="",
        validation_alias="DATABASE_URL",
        description="PostgreSQL 15 or later, `postgres://user:password@host:5432/name`.",
    )
    redis_url: str = Field(
        default="",
        validation_alias="REDIS_URL",
        description="Redis or Valkey, `redis://:password@host:6379/0`: live events, and the broker by default.",
    )
    broker_url: str = Field(
        default="",
        validation_alias="BROKER_URL",
        description="Celery's broker when it is not REDIS_URL, for example `amqp://…` for RabbitMQ.",
    )
    host: str = Field(
        default="127.0.0.1", validation_alias="HOST", description="Address that the web process listens on."
    )
    port: int = Field(
        default=8000, ge=1, le=65535, validation_alias="PORT", description="Port of the web process."
    )
    role: Role = Field(
        default="command",
        validation_alias="HORARIUM_ROLE",
        description="Kind of process: decides how database connections are kept. Set by the process table.",
    )
    worker_queues: Annotated[list[str], NoDecode] = Field(
        default=["default"],
        validation_alias="HORARIUM_WORKER_QUEUES",
        description="Step queues that a worker serves, separated by commas.",
    )
    worker_concurrency: int = Field(
        default=4,
        ge=1,
        le=256,
        validation_alias="HORARIUM_WORKER_CONCURRENCY",
        description="Steps that one worker runs at the same time, each in a process of its own.",
    )
    worker_memory_limit: ByteSize = Field(
        default=ByteSize(0),
        validation_alias="HORARIUM_WORKER_MEMORY_LIMIT",
        json_schema_extra={"type": "integer", "minimum": 0},  # for `docs/settings.md`
        description="Bytes, or `2GB`, `512MiB`. A worker that uses more, with its processes, claims nothing until it "
        "has recovered. 0 sets no bound.",
    )
    worker_cpu_limit: float = Field(
        default=0.0,
        ge=0,
        validation_alias="HORARIUM_WORKER_CPU_LIMIT",
        description="Percent of one core: 150 is one and a half. A worker that uses more, with its processes, claims "
        "nothing until it has recovered. 0 sets no bound.",
    )
    task_modules: Annotated[list[str], NoDecode] = Field(
        default=[],
        validation_alias="HORARIUM_TASK_MODULES",
        description="Modules with Celery tasks that workers import for `task` steps, separated by commas.",
    )
    http_allow: Annotated[list[str], NoDecode] = Field(
        default=[],
        validation_alias="HORARIUM_HTTP_ALLOW",
        description="What `http` steps may ask although its address is not public, separated by commas: host names "
        "(`intranet.example`), addresses and networks (`10.1.0.0/16`), each with a port if wanted (`[fd00::1]:8080`).",
    )
    lease_seconds: float = Field(
        default=30.0,
        ge=0.5,
        le=3600,
        validation_alias="HORARIUM_LEASE_SECONDS",
        description="A step whose worker is silent for this long is rescued.",
    )
    shutdown_grace_seconds: float = Field(
        default=5.0,
        ge=0,
        le=3600,
        validation_alias="HORARIUM_SHUTDOWN_GRACE_SECONDS",
        description="A stopping worker lets running steps finish for this long, then hands them back.",
    )
    shortest_period_seconds: float = Field(
        default=1.0,
        ge=1,
        le=86_400,
        validation_alias="HORARIUM_SHORTEST_PERIOD_SECONDS",
        description="Schedules that would fire more often are refused when they are saved.",
    )
    dead_letter_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        validation_alias="HORARIUM_DEAD_LETTER_DAYS",
        description="Open dead letters are discarded, with a note, when they are older.",
    )
    dead_letters_max: int = Field(
        default=100_000,
        ge=1,
        validation_alias="HORARIUM_DEAD_LETTERS_MAX",
        description="Open dead letters that an organization may have; the oldest beyond are discarded, with a note.",
    )
    max_ready: int = Field(
        default=1_000_000,  # to which depth the time of a claim was measured
        ge=0,
        validation_alias="HORARIUM_MAX_READY",
        description="Ready steps of an organization in a queue without `max_waiting` beyond which starts by API or "
        "Celery are refused. 0 sets no bound.",
    )
    body_seconds: float = Field(
        default=15.0,
        ge=0.1,
        le=600,
        validation_alias="HORARIUM_BODY_SECONDS",
        description="Within which the body of a request must have arrived; a slower one is answered 408.",
    )
    events_per_minute: int = Field(
        default=60_000,
        ge=0,
        validation_alias="HORARIUM_EVENTS_PER_MINUTE",
        description="Events that an organization may send by HTTP; more are answered 429. 0 sets no bound.",
    )
    webhook_deliveries_per_minute: int = Field(
        default=6_000,
        ge=0,
        validation_alias="HORARIUM_WEBHOOK_DELIVERIES_PER_MINUTE",
        description="Deliveries that all webhooks of an organization take; more are answered 429. 0 sets no bound.",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=10,
        validation_alias="HORARIUM_TRUSTED_PROXIES",
        description="Proxies in front of the web process, each of which adds to `X-Forwarded-For`: by it the address "
        "of a webhook's sender is known. 0: nobody stands in front, and the header is not believed.",
    )
    api_requests_per_minute: int = Field(
        default=6_000,
        ge=0,
        validation_alias="HORARIUM_API_REQUESTS_PER_MINUTE",
        description="Requests that one API key or person may make, beside those that send events; more are answered "
        "429. 0 sets no bound.",
    )
    calls_require_key: Literal["auto", "true", "false"] = Field(
        default="auto",
        validation_alias="HORARIUM_CALLS_REQUIRE_KEY",
        description="Whether calls by Celery need an API key; `auto`: as soon as there are two organizations.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", validation_alias="HORARIUM_LOG_LEVEL", description="Least severe line that is logged."
    )
    log_format: Literal["text", "json"] = Field(
        default="text", validation_alias="HORARIUM_LOG_FORMAT", description="`json` writes one object a line."
    )

    postgres_bin: str = Field(
        default="",
        validation_alias="HORARIUM_POSTGRES_BIN",
        description="Folder of the PostgreSQL programs that `./dev` runs, in place of the wheel's.",
    )
    redis_bin: str = Field(
        default="",
        validation_alias="HORARIUM_REDIS_BIN",
        description="Redis or Valkey server program that `./dev` runs, in place of the wheel's.",
    )

    @classmethod
    def env_names(cls) -> set[str]:
        """Return the names of all variables that are read."""
        return {str(field.validation_alias) for field in cls.model_fields.values()}

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        for name in (
            "ALLOWED_HOSTS",
            "CSRF_TRUSTED_ORIGINS",
            "HORARIUM_ENCRYPTION_KEYS",
            "HORARIUM_HTTP_ALLOW",
            "HORARIUM_WORKER_QUEUES",
            "HORARIUM_TASK_MODULES",
        ):
            if isinstance(text := values.get(name), str):
                values[name] = [part.strip() for part in text.split(",") if part.strip()]
        return values

    @field_validator("encryption_keys")
    @classmethod
    def _refuse_malformed_keys(cls, keys: list[str]) -> list[str]:
        if not all(ENCRYPTION_KEY.fullmatch(key) for key in keys):
            raise ValueError(f"each key is 32 random bytes in URL-safe base64; make one: {MAKE_A_KEY}")
        return keys

    @field_validator("http_allow")
    @classmethod
    def _refuse_unknown_hosts(cls, entries: list[str]) -> list[str]:
        allowing.parse(entries)
        return entries

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if self.mode != "production":
            return self
        if self.debug:
            raise ValueError("DEBUG must not be set in production: unset it, or set HORARIUM_ENV=development")
        if self.secret_key == DEVELOPMENT_SECRET or len(self.secret_key) < 32:
            raise ValueError("SECRET_KEY must be at least 32 random characters in production")
        for name, value in (("DATABASE_URL", self.database_url), ("REDIS_URL", self.redis_url)):
            if not value:
                raise ValueError(f"{name} must be set in production")
        return self
