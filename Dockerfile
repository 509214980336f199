# Two images: `taskfleet` (target `runtime`, the default) and `taskfleet-gateway` (target `gateway`); `make image` builds
# both, and docs/containers.md says what is in them.
#
# Each base is named once, by tag and digest: the digest decides, the tag tells people. Dependabot moves both.

# The browser app is the same for every processor, so it is built on that of the builder.
FROM --platform=$BUILDPLATFORM docker.io/library/node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe AS web
WORKDIR /source/web
COPY web/package.json web/package-lock.json web/.npmrc ./
# Where packages come from is the builder's business: a secret is there for one command and in no layer.
RUN --mount=type=secret,id=npmrc NPM_CONFIG_USERCONFIG=/run/secrets/npmrc npm ci
COPY web/ ./
RUN npm run build


FROM docker.io/library/python:3.14.8-slim-trixie@sha256:89fb7d3da20043c370643435258bdd7ab755d326d359001d02988ed15ae5219e AS python


FROM python AS wheels
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
# Two environments: what installs does not get into what is installed.
RUN python3 -m venv /installer && python3 -m venv --without-pip /srv/taskfleet/venv
COPY requirements/production.lock /source/
# Wheels alone: nothing that a package brings is run here, and no compiler is needed.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    /installer/bin/pip --python /srv/taskfleet/venv/bin/python3 install \
    --require-hashes --no-deps --only-binary=:all: --no-compile -r /source/production.lock
# The programs and tests that packages bring are of no use to the service, which is pure Python: a path installs it.
RUN find /srv/taskfleet/venv/bin -type f -delete && \
    find /srv/taskfleet/venv/lib -type d -name tests -prune -exec rm -r {} + && \
    echo /srv/taskfleet > "$(/srv/taskfleet/venv/bin/python3 -c 'import site; print(site.getsitepackages()[0])')/taskfleet.pth"
COPY docker/taskfleet /srv/taskfleet/venv/bin/
COPY app /srv/taskfleet/app
COPY docker/compile-imported /source/
# A read-only file system keeps no bytecode: without any, a process takes three times as long to start.
RUN PYTHONDONTWRITEBYTECODE=1 /srv/taskfleet/venv/bin/python3 /source/compile-imported


# The base without what would help somebody who got in: installers, programs with others' rights, places to write to.
FROM python AS system
COPY docker/trim /
RUN /trim && rm /trim


FROM docker.io/nginxinc/nginx-unprivileged:1.30.5-alpine-slim@sha256:e28dcf0a161ddcbf228c7364b4a14f9bad4763ae8f5317c437b896afa3df4b84 AS gateway
COPY nginx /srv/taskfleet/nginx
COPY --from=web /source/web/dist /srv/taskfleet/web
ARG TASKFLEET_VERSION=0.0.0
ARG TASKFLEET_REVISION=
ARG TASKFLEET_SOURCE=https://github.com/taskfleet/taskfleet
ENV GATEWAY_WEB_ROOT=/srv/taskfleet/web
LABEL org.opencontainers.image.title="Taskfleet gateway" \
      org.opencontainers.image.description="Nginx as it stands before Taskfleet, with the browser app." \
      org.opencontainers.image.version=$TASKFLEET_VERSION \
      org.opencontainers.image.revision=$TASKFLEET_REVISION \
      org.opencontainers.image.source=$TASKFLEET_SOURCE \
      org.opencontainers.image.licenses="MIT AND BSD-2-Clause"
WORKDIR /tmp
USER 101:101
EXPOSE 8080 8443 8081
# After the requests under way; SIGTERM would cut them.
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/srv/taskfleet/nginx/start"]
CMD []


# Made of the stages, not upon the base: what they took away is in no layer either.
FROM scratch AS runtime
COPY --from=system / /
COPY --from=wheels /srv/taskfleet/venv /srv/taskfleet/venv
COPY --from=web /source/web/dist /srv/taskfleet/web
COPY --from=wheels /srv/taskfleet/app /srv/taskfleet/app
ARG TASKFLEET_VERSION=0.0.0
ARG TASKFLEET_REVISION=
ARG TASKFLEET_SOURCE=https://github.com/taskfleet/taskfleet
ENV PATH=/srv/taskfleet/venv/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TASKFLEET_REVISION=$TASKFLEET_REVISION \
    TASKFLEET_WEB_DIST=/srv/taskfleet/web
LABEL org.opencontainers.image.title="Taskfleet" \
      org.opencontainers.image.description="The API, the worker and the migrations of Taskfleet." \
      org.opencontainers.image.version=$TASKFLEET_VERSION \
      org.opencontainers.image.revision=$TASKFLEET_REVISION \
      org.opencontainers.image.source=$TASKFLEET_SOURCE \
      org.opencontainers.image.licenses="MIT"
WORKDIR /srv/taskfleet
USER 10001:10001
EXPOSE 8000 9090
STOPSIGNAL SIGTERM
ENTRYPOINT ["taskfleet"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
