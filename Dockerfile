# docker build -t daftar .
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends build-essential cmake && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p daftar && strip target/release/daftar

FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/daftar --shell /usr/sbin/nologin daftar \
    && install -d -m 700 -o daftar -g daftar /var/lib/daftar
COPY --from=build /src/target/release/daftar /usr/bin/daftar
USER daftar
WORKDIR /var/lib/daftar
VOLUME /var/lib/daftar
ENV DAFTAR_LISTEN=0.0.0.0:8080
EXPOSE 8080
# Whoever runs it probes /readyz from outside: the image has no client to do it with.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/daftar"]
CMD ["serve"]
