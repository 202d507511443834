# The program as one image: each service of docker-compose.yml is one `campus` command in it.
# Pinned by version; add @sha256:… from `docker buildx imagetools inspect` where your rules ask for a digest.
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# Every package is held against its hash here; what follows takes nothing from the network any more.
COPY requirements.lock ./
RUN pip download --require-hashes --requirement requirements.lock --dest /wheels
COPY . .
RUN pip install --no-index --find-links /wheels hatchling
RUN pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels .
# The lock file also holds the tools of the tests: only what the program asks for goes in.
RUN python -m venv /opt/campus && /opt/campus/bin/pip install --no-index --find-links /wheels campus-energy

FROM python:3.11.13-slim-bookworm
# Chinese signs for charts and reports; openssl for the broker's certificate.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-cjk openssl \
    && rm -rf /var/lib/apt/lists/*
ARG CAMPUS_UID=1000
RUN useradd --uid "$CAMPUS_UID" --user-group --no-create-home --home-dir /tmp campus \
    && install --directory --owner campus --group campus /data /config /config/schools
COPY --from=build /opt/campus /opt/campus
ENV PATH=/opt/campus/bin:$PATH CAMPUS_DATA=/data CAMPUS_CONFIG=/config HOME=/tmp \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER campus
WORKDIR /config
CMD ["campus", "--help"]
