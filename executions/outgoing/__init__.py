"""Requests that leave for hosts which authors and their data name: where they may go, and how they are signed."""
