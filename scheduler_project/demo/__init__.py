"""The demonstration: the platform on embedded servers, with workflows that do real work on this machine."""
