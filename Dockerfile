# Postern as an image: built JavaScript and its production packages, nothing else.
# It holds no secret and no configuration: both are mounted. It needs one writable place, /var/lib/postern.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# The packages first: they change less often than the source.
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.ts scripts/dashboard-bundle.ts scripts/server-bundle.ts ./scripts/
COPY src ./src
RUN npm run build && npm prune --omit=dev
# Node looks for what was compiled at the build under the number of the user that runs it; that user reads it, and writes nothing here.
RUN cd dist/program/cache && for it in *-0; do mv "$it" "${it%-0}-1000"; done && chmod -R a+rX .

FROM ${NODE_IMAGE}
# Fewer arenas of the C library: what an attack has taken is used again, and not beside it.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
COPY LICENSE package.json /app/
COPY --from=build /build/node_modules /app/node_modules
COPY --from=build /build/dist /app/dist

# Relative paths of a configuration begin here: ./state/postern.db is /var/lib/postern/state/postern.db.
WORKDIR /var/lib/postern
RUN chown 1000:1000 /var/lib/postern
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
# The proxy, the operations port, the authority.
EXPOSE 8080 9090 8444

# Asks the operations port, which the configuration has to open; POSTERN_HEALTH_URL says where, if it is elsewhere.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.POSTERN_HEALTH_URL ?? 'http://127.0.0.1:9090/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Without the inspector's signal: whoever can send it could read the memory. The young generation is bounded, since V8 keeps what it once was
# (docs/proofs/dos.md). A missing configuration is an error here, not a demo.
ENTRYPOINT ["node", "--disable-sigusr1", "--max-semi-space-size=16", "/app/dist/bin.js"]
CMD ["start", "--config", "/etc/postern/config/postern.yaml"]
