# The scheduler with the pages: `docker compose up -d`. See docs/deploy.md.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
# For native modules whose prebuilt binaries cannot be fetched.
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
# The engine and schedule.ts as plain JavaScript: nothing is compiled where it runs.
RUN npm run build && npx esbuild schedule.ts --bundle --packages=external --platform=node --format=esm --tsconfig-raw={} --outfile=schedule.js
# What only tests and builds need leaves. What the steps import stays, in whichever list of package.json it stands.
RUN npm uninstall --no-save --no-audit --no-fund $(node docker/unneeded.mjs)
# Whoever the container runs as may keep its state.
RUN mkdir -p .stepbook && chmod 0777 .stepbook

FROM node:20.20.2-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOME=/tmp PORT=8080 STEPBOOK_HOST=0.0.0.0
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/docker ./docker
COPY --from=build /app/schedule.js /app/experiments.sql ./
COPY --from=build /app/lib ./lib
COPY --from=build /app/steps ./steps
COPY --from=build --chown=node:node /app/data ./data
COPY --from=build --chown=node:node /app/models ./models
COPY --from=build /app/.stepbook ./.stepbook
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "docker/health.mjs"]
CMD ["node", "schedule.js"]
