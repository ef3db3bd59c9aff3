// better-auth as its documentation sets it up, behind Node's own HTTP server, a process for each core.
//
// `node server.mjs fill N` makes the tables and N accounts; `node server.mjs serve PROCESSES` says where it listens and answers until it is ended.
// STORE is a SQLite file or a PostgreSQL URL, PASSWORD everybody's.

import assert from "node:assert/strict";
import cluster from "node:cluster";
import { createServer } from "node:http";
import { hash, verify, Algorithm } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import Database from "better-sqlite3";
import pg from "pg";

const { STORE, PASSWORD } = process.env;
const [task, amount] = process.argv.slice(2);
const COST = { algorithm: Algorithm.Argon2id, memoryCost: 19456, timeCost: 2, parallelism: 1 };

function database() {
  if (STORE.startsWith("postgres")) {
    return new pg.Pool({ connectionString: STORE });
  }
  const file = new Database(STORE);
  file.pragma("journal_mode = WAL");
  file.pragma("synchronous = NORMAL");
  return file;
}

const auth = betterAuth({
  baseURL: "http://localhost",
  secret: "a secret of which nothing here depends, but long enough",
  database: database(),
  emailAndPassword: {
    enabled: true,
    password: { hash: (password) => hash(password, COST), verify: ({ hash, password }) => verify(hash, password) },
  },
  // Off at every peer: the comparison is of the work, not of refusals.
  rateLimit: { enabled: false },
  // Every check of a session asks the store, as ours does.
  session: { cookieCache: { enabled: false } },
  telemetry: { enabled: false },
});

async function fill(accounts) {
  await (await getMigrations(auth.options)).runMigrations();
  const { internalAdapter } = await auth.$context;
  const password = await hash(PASSWORD, COST);
  assert.match(password, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  for (let n = 0; n < accounts; n++) {
    const { id } = await internalAdapter.createUser({ email: `user${n}@example.test`, name: `user ${n}`, emailVerified: true });
    await internalAdapter.linkAccount({ userId: id, providerId: "credential", accountId: id, password });
  }
}

function serve(processes) {
  if (processes > 1 && cluster.isPrimary) {
    // The four threads that hash in one process are shared out: four in each get in each other's way.
    const threads = Math.max(1, Math.floor(4 / processes));
    for (let n = 0; n < processes; n++) {
      cluster.fork({ UV_THREADPOOL_SIZE: threads });
    }
    // All have the same port; the last to listen says so.
    let listening = 0;
    cluster.on("listening", (_, { port }) => {
      listening += 1;
      if (listening === processes) {
        console.error(`listening on http://127.0.0.1:${port}`);
      }
    });
    return;
  }
  const server = createServer({ keepAliveTimeout: 75_000 }, toNodeHandler(auth));
  server.listen(0, "127.0.0.1", () => cluster.isPrimary && console.error(`listening on http://127.0.0.1:${server.address().port}`));
}

if (task === "fill") {
  await fill(Number(amount));
  process.exit();
}
serve(Number(amount));
