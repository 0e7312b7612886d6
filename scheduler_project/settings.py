"""Django and Celery settings, from `environment.Environment`."""

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from kombu import Exchange, Queue
from pydantic import ValidationError

from console import unfold
from scheduler_project import logs
from scheduler_project.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    ENVIRONMENT = Environment()
except ValidationError as error:
    raise ImproperlyConfigured(
        "\n".join(
            f"{'.'.join(map(str, line['loc']))}: {line['msg']}".removeprefix(": ") for line in error.errors()
        )
    ) from None

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.csrf_trusted_origins
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = ENVIRONMENT.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None
SECURE_HSTS_SECONDS = 3600 if ENVIRONMENT.https else 0
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # an input of 1 MB and its envelope

INSTALLED_APPS = [
    "console",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    # Only the web process shows the admin; the others need not load its pages.
    "django.contrib.admin"
    if ENVIRONMENT.role in {"web", "command"}
    else "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "channels",
    "django_celery_beat",
    "simple_history",
    "organizations",
    "events",
    "workflows",
    "executions",
    "schedules",
    "triggers",
    "scheduler_project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "scheduler_project.urls"
ASGI_APPLICATION = "scheduler_project.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# A frozen process must not hold rows that SKIP LOCKED then hides from all
# others. Beat's transactions are tiny; a worker may run a task's own.
_IDLE_IN_TRANSACTION_SECONDS = {"beat": 2, "worker": 30, "web": 10, "command": 0}


def _database() -> dict[str, Any]:
    role = ENVIRONMENT.role
    url = ENVIRONMENT.database_url or "postgres://horarium@127.0.0.1:5432/horarium"
    database: dict[str, Any] = dict(dj_database_url.parse(url))
    limits = f"-c idle_in_transaction_session_timeout={_IDLE_IN_TRANSACTION_SECONDS[role]}s"
    if role != "command":  # a migration may run long
        limits += " -c statement_timeout=30s -c lock_timeout=10s"
    options: dict[str, Any] = {
        "options": limits,
        "application_name": f"horarium-{role}",
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        "prepare_threshold": 5,  # None, which is Django's choice, prepares nothing, not even what asks for it
    }
    if role != "command":  # after a restart of the server no request may meet a dead connection
        database["CONN_HEALTH_CHECKS"] = True
    if role == "web":
        options["pool"] = {"min_size": 1, "max_size": 20, "timeout": 5}
    if role in {"beat", "worker"}:
        database["CONN_MAX_AGE"] = 600
    if role == "beat":  # runs the same few statements for ever: let the ORM's be prepared as well
        options |= {"server_side_binding": True}
    database["OPTIONS"] = {**database.get("OPTIONS", {}), **options}
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = ENVIRONMENT.redis_url or "redis://127.0.0.1:6379/0"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # redis-py 8 ends a blocking read after 5 s unless told otherwise.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
    }
}

CELERY_BROKER_URL = ENVIRONMENT.broker_url or REDIS_URL
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None
# A step queue `q` has its wake-ups in the broker queue `horarium.q`, so that a
# broker shared with other applications never mixes theirs with ours.
# What names no queue, such as a `PeriodicTask` of somebody's own, stays apart from
# our sweeps: however much of it waits, a worker takes from its queues in turn.
CELERY_TASK_DEFAULT_QUEUE = "horarium-tasks"
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name)
    for name in (
        *(f"horarium.{queue}" for queue in ENVIRONMENT.worker_queues),
        "horarium-calls",
        "horarium-events",
        "horarium-sweeps",
        "horarium-tasks",
    )
]
CELERY_TASK_ROUTES = {
    call: {"queue": "horarium-calls"}
    for call in ("executions.start", "executions.cancel", "executions.status", "triggers.publish")
}
CELERY_WORKER_CONCURRENCY = ENVIRONMENT.worker_concurrency
CELERY_INCLUDE = ENVIRONMENT.task_modules
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlasts an outage of any length
CELERY_BROKER_CONNECTION_TIMEOUT = 0.5
# Of a consumer, which may wait for a message. Publishing is bounded more tightly: `broker.PUBLISHING`.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "socket_connect_timeout": 0.5,
        "socket_timeout": 30,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }
    if CELERY_BROKER_URL.startswith("redis")
    else {}
)
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "schedules.beat:Scheduler"
# Our own maintenance: rows of django-celery-beat, so that the admin shows them.
CELERY_BEAT_SCHEDULE = {
    f"horarium: {name}": {
        "task": task,
        "schedule": seconds,
        "options": {"queue": "horarium-sweeps", "expire_seconds": 30},
    }
    for name, task, seconds in (
        ("wake queues", "executions.sweep.wake", 2.0),
        ("rescue steps", "executions.sweep.rescue", 2.0),
        ("admit waiting", "executions.sweep.admit", 1.0),  # a limit of starts frees by time
        ("pass on ends", "executions.sweep.follow", 3.0),
        ("hand on events", "triggers.sweep.dispatch", 1.0),  # debounced and batched ones, too
        ("prune triggers", "triggers.sweep.prune", 3600.0),
        ("prune", "executions.sweep.prune", 3600.0),
        ("fire schedules", "schedules.fire_due", 30.0),
        ("recompute zones", "schedules.sweep.zones", 3600.0),
    )
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "organizations.authentication.ApiKeyAuthentication",  # first: a 401 names its header
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["scheduler_project.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "scheduler_project.api.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["organizations.strict.StrictFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["scheduler_project.api.throttling.CallerThrottle"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "scheduler_project.api.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Horarium",
    "DESCRIPTION": "Schedules, workflows and what became of them. Instants are ISO 8601 in UTC.",
    "VERSION": "v1",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "PREPROCESSING_HOOKS": ["scheduler_project.api.openapi.only_versioned"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "scheduler_project.api.openapi.with_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "WorkflowState": "workflows.models.Workflow.State",
        "ScheduleState": "schedules.states.ScheduleState",
        "ExecutionState": "executions.states.ExecutionState",
        "StepState": "executions.states.StepState",
        "TriggerState": "triggers.models.TriggerState",
        "OverlapPolicy": "schedules.serializers.schedules.OVERLAPS",
    },
}

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    *(["django.contrib.auth.hashers.MD5PasswordHasher"] if ENVIRONMENT.mode == "test" else []),
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_ENGINE = "organizations.sessions"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
DATETIME_FORMAT = "Y-m-d H:i:s e"
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

UNFOLD = unfold.UNFOLD  # the look of the console

LOGGING_CONFIG = None
logs.configure(level=ENVIRONMENT.log_level, json=ENVIRONMENT.log_format == "json")
