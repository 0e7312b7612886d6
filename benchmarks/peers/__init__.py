"""The peers: what a team would use instead, with default settings unless a figure says otherwise."""
