"""Sessions in the database, as Django has them, asked only for keys that can be one."""

from django.contrib.sessions.backends import db

MIN_LENGTH = 8  # as Django's own


class SessionStore(db.SessionStore):
    """Django's, for a cookie that anybody can write: it may hold NUL, which PostgreSQL answers with an error."""

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and key.isascii() and key.isalnum() and len(key) >= MIN_LENGTH
