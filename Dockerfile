# syntax=docker/dockerfile:1
FROM python:3.12-slim AS packages

RUN python -m venv /opt/horarium
ENV PATH=/opt/horarium/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock /tmp/requirements.lock
RUN pip install --require-hashes --no-deps --requirement /tmp/requirements.lock


FROM python:3.12-slim

RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent horarium
COPY --from=packages /opt/horarium /opt/horarium
WORKDIR /app
COPY . .

ENV PATH=/opt/horarium/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HORARIUM_ENV=production
USER horarium
EXPOSE 8000

# The web process; docker-compose.yml has the other commands. Static files are served from their packages.
ENV HORARIUM_ROLE=web HOST=0.0.0.0 PORT=8000
CMD ["python", "-m", "uvicorn", "scheduler_project.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--http", "scheduler_project.heads:BoundedHeads", "--ws", "websockets-sansio", "--ws-max-size", "65536", "--lifespan", "off", "--no-access-log", "--no-proxy-headers", "--timeout-graceful-shutdown", "5"]
