"""PostgreSQL and Redis without an installation: the demonstration and the tests run on these."""

from scheduler_project.embedded.errors import AlreadyRunning, EmbeddedServerError
from scheduler_project.embedded.servers import Servers, attached, remove, running

__all__ = ["AlreadyRunning", "EmbeddedServerError", "Servers", "attached", "remove", "running"]
