"""What keeps an entry of another scheduler from being imported."""


class Refused(ValueError):
    """One entry cannot be imported; the message is for its owner and says what to do about it."""
