"""CloudEvents 1.0.2: the envelope in which others send events, in the three modes of HTTP."""
