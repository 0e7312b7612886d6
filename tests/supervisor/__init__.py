"""The supervisor and the table of processes."""
