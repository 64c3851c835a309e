/** Runs before each file of tests: resets everything that earlier files left in this process, and migrates the database. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { setCaching } from "./caching.ts";
import { consumed } from "./worker.ts";

vi.useRealTimers();
setCaching(false);
await consumed();
await reset();
await env.DB.batch(env.TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => env.DB.prepare(query))));
