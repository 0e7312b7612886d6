"""Structured logs: fixed text, data in fields, one line per transition."""

import logging
import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict

_HOOK = re.compile(r"/hooks/[^/\s'\"]+")


class WithoutMessage(logging.Filter):
    """Keeps what Celery says of a message that it cannot use, and drops the message: it may hold an API key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cut such a line where the contents of the message begin."""
        text = str(record.msg)
        if "body" in text and isinstance(record.args, tuple):
            record.msg = text.partition("\n")[0].partition(" [")[0]
            record.args = record.args[: record.msg.count("%")]
        return True


def without_tokens(logger: Any, name: str, line: EventDict) -> EventDict:
    """Hide the addresses of webhooks, which Django writes into its lines about requests."""
    del logger, name
    line.pop("request", None)  # shown, it is its path
    line["event"] = _HOOK.sub("/hooks/…", str(line["event"]))
    return line


def configure(*, level: str, json: bool) -> None:
    """Send structlog and the standard library's loggers to standard error in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        without_tokens,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "default": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "filters": {"without_message": {"()": WithoutMessage}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "default"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "httpx": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                # Two lines for each wake-up would drown everything else.
                "celery.app.trace": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                # They quote messages, which are not ours to show: one at DEBUG, one where it understands none.
                "celery.pool": {"level": "INFO"},
                "celery.worker.consumer.consumer": {"filters": ["without_message"]},
                # A traceback every second while Redis is away; the announcements say so once.
                "channels_redis.pubsub": {"level": "CRITICAL"},
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
