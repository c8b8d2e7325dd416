# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# ssh for hosts over ssh; df, du and the like are there already. No shell is ever started by the bot.
RUN apt-get update \
 && apt-get install -y --no-install-recommends openssh-client \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o node -g node -m 0700 /data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY bin ./bin
COPY src ./src
COPY alerts ./alerts
COPY commands ./commands
ENV NODE_ENV=production DAYTWO_DATA_DIR=/data
# The root file system may be read-only: state goes to /data, ssh's sockets to /tmp.
VOLUME ["/data", "/tmp"]
USER node
EXPOSE 8080
# No wrapper: node is process 1, takes SIGTERM itself and ends within ten seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/daytwo.js"]
CMD ["serve"]
