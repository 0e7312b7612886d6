"""The REST API, assembled from the apps' views."""
