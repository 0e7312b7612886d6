"""The image, docker-compose and their health checks."""
