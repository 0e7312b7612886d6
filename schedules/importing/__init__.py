"""Moving in: what another scheduler runs, read, compared with it fire by fire, and taken over."""
