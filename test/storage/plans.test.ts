import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { QueueMessage } from "../../src/events/messages.ts";
import { ROUTES } from "../../src/router.ts";
import type { Coverage } from "../../src/management/retention.ts";
import { d1RetentionRuns } from "../../src/storage/d1/upkeep/retention-runs.ts";
import worker from "../../src/worker.ts";
import { bytesOf, digestOf, OCI_MANIFEST, pushBlob, pushImage, startSession } from "../support/content.ts";
import { HARM, keyOf } from "../support/damage.ts";
import { deliveriesOf, makeTarget, makeTrigger, receive } from "../support/deploy.ts";
import { tagEventsOf } from "../support/processing.ts";
import { makeSpace, makeToken, ORIGIN } from "../support/registry.ts";

/** Every statement that the Worker prepares as it answers each of its routes. */
const statements = new Set<string>();

const recording: D1Database = new Proxy(env.DB, {
  get(target, property) {
    const value: unknown = Reflect.get(target, property);
    if (typeof value !== "function") return value;
    return (...args: readonly unknown[]): unknown => {
      if (property === "prepare" && typeof args[0] === "string") statements.add(args[0]);
      return Reflect.apply(value, target, args);
    };
  },
});

async function ask(
  method: string,
  path: string,
  authorization: string,
  body: BodyInit | null = null,
): Promise<Response> {
  const context = createExecutionContext();
  const headers = { Authorization: authorization, "Content-Type": OCI_MANIFEST };
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, ORIGIN), { method, headers, body });
  const answer = await worker.fetch(request, { ...env, DB: recording }, context);
  await answer.arrayBuffer();
  await waitOnExecutionContext(context);
  if (answer.status >= 500) throw new Error(`${method} ${path} answered ${answer.status}`);
  return answer;
}

/** The bodies with which routes come as far as their writes. */
const BODIES: Record<string, string> = {
  createSpace: '{"name":"plans-made"}',
  updateSpace: '{"public":false}',
  updateRepository: '{"public":false}',
  replayTrigger: '{"since":"2026-01-01T00:00:00Z"}',
  updateTarget: '{"name":"renamed"}',
  updateTrigger: '{"name":"renamed"}',
  previewPushes: '{"match":{},"group":{"requireAll":["web","api"]}}',
  revert: '{"repository":"web","tag":"latest"}',
  undelete: `{"repository":"web","digest":"sha256:${"a".repeat(64)}"}`,
  deleteTags: '{"repository":"web","tags":["latest","other"]}',
  createToken: '{"name":"t","actions":["pull"]}',
  createRetentionRule: '{"keep":{"newest":3,"tags":["v*"]}}',
  updateRetentionRule: '{"enabled":false}',
  previewRetention: '{"keep":{"newest":3,"newerThanDays":1,"pulledWithinDays":2,"tags":["v*"]}}',
};

beforeAll(async () => {
  const secret = await makeSpace("plans");
  const basic = `Basic ${btoa(`u:${secret}`)}`;
  const admin = `Bearer ${env.ADMIN_TOKEN}`;
  const { digest, text } = await pushImage("plans/web", secret, "latest");
  const blob = await pushBlob("plans/web", secret, bytesOf(10));
  const session = await startSession("plans/web", secret);
  const { id } = await makeToken("plans");
  const params: Record<string, string> = {
    space: "plans",
    digest: blob.digest,
    reference: "latest",
    session: session.slice(session.lastIndexOf("/") + 1),
    id,
  };

  await ask("PUT", "/v2/plans/web/manifests/again?tag=a&tag=b", basic, text);
  await ask("GET", `/v2/plans/web/manifests/${digest}`, basic);
  await ask("PATCH", session, basic, bytesOf(5));
  await ask("PUT", `${session}?digest=${await digestOf(bytesOf(5))}`, basic);
  await ask("POST", `/v2/plans/api/blobs/uploads/?mount=${blob.digest}&from=plans/web`, basic);
  await ask("POST", `/v2/plans/api/blobs/uploads/?mount=${blob.digest}`, basic);
  await ask("DELETE", `/v2/plans/web/manifests/${digest}`, basic);
  for (const list of ["history", "deleted/manifests", "deleted/tags"]) {
    await ask("GET", `/api/v1/spaces/plans/${list}?repository=web${list === "history" ? "&tag=latest" : ""}`, admin);
  }
  for (const reference of ["latest", digest]) {
    await ask("GET", `/api/v1/spaces/plans/manifest?repository=web&reference=${reference}`, admin);
  }
  await ask("POST", "/api/v1/spaces/plans/deleted:undelete", admin, '{"repository":"web","tag":"latest"}');
  await ask("GET", "/api/v1/spaces/plans/repositories/web/tags?order=newest", admin);
  await ask("POST", "/api/v1/spaces/plans/tags:delete", admin, '{"repository":"web","tags":["latest"],"dryRun":true}');
  await ask("GET", "/token?scope=repository:plans/web:pull&offline_token=true", basic);
  // Something for scrub to find.
  await HARM["no object"](await keyOf((await pushBlob("plans/web", secret, bytesOf(30))).digest));
  await pushImage("plans/web", secret, "1.0.0-RC.1");
  await deliver();
  await retain();
  // Deletions come last, so that the other routes find something.
  for (const { id: route, method, path } of ROUTES.toSorted(
    (a, b) => Number(a.method === "DELETE") - Number(b.method === "DELETE"),
  )) {
    const isManagement = path.startsWith("/api/");
    const filled = path.replaceAll(/(?<=\/):(\w+)\+?/g, (_, name: string) =>
      name === "name" ? (isManagement ? "web" : "plans/web") : (params[name] ?? ""),
    );
    await ask(
      method,
      filled,
      isManagement ? admin : basic,
      method === "GET" || method === "DELETE" ? null : (BODIES[route] ?? "{}"),
    );
  }
});

/** Makes the queue's consumer and the sweep do everything that they do, with a trigger of each kind. */
async function deliver(): Promise<void> {
  receive(() => new Response());
  vi.spyOn(console, "error").mockReturnValue(undefined);
  const { id } = await makeTarget("plans", "https://receiver.example.com/");
  await makeTrigger("plans", [id], { tag: { type: "semver", value: ">=0", onlyIfNewer: true } });
  await makeTrigger("plans", [id], { tag: { type: "nuget", value: "*", prerelease: "any", onlyIfNewer: true } });
  await makeTrigger("plans", [id], { tag: { type: "regex", value: "^(?<all>.+)$", onlyIfNewer: true } });
  await makeTrigger("plans", [id], {}, { group: { requireAll: ["web", "api"] } });
  await makeTrigger("plans", [id]);
  const admin = `Bearer ${env.ADMIN_TOKEN}`;
  await ask("PATCH", `/api/v1/spaces/plans/targets/${id}`, admin, '{"name":"renamed"}');
  const { id: renamed } = await makeTrigger("plans", [id]);
  await ask("PATCH", `/api/v1/spaces/plans/triggers/${renamed}`, admin, '{"name":"renamed"}');
  const consume = async (queue: string, body: QueueMessage): Promise<void> => {
    const context = createExecutionContext();
    const batch = createMessageBatch<QueueMessage>(queue, [{ id: "m", timestamp: new Date(), attempts: 1, body }]);
    await worker.queue(batch, { ...env, DB: recording }, context);
    await getQueueResult(batch, context);
  };
  for (const event of await tagEventsOf("plans")) {
    await env.DB.prepare("UPDATE events SET sent_at = NULL WHERE id = ?").bind(event).run();
    await consume("spacedock-events", { kind: "event", id: event });
  }
  for (const { id: delivery } of await deliveriesOf("plans")) {
    await consume("spacedock-events", { kind: "delivery", id: delivery });
    await consume("spacedock-events-dead", { kind: "delivery", id: delivery });
  }
  await worker.scheduled(createScheduledController(), { ...env, DB: recording });
  vi.restoreAllMocks();
}

/** Prepares the statements of retention that need something to do. */
async function retain(): Promise<void> {
  const runs = d1RetentionRuns(recording, 0);
  const coverage: Coverage = { ids: [], pairs: [], keeps: [] };
  await runs.ruledFrom(0, 1);
  await runs.ruledAmong([]);
  await runs.removeTags(coverage, [], 0);
  await runs.unneeded({ coverage, after: "", now: 0 }, 1);
  await runs.mark([], 0);
  await runs.marked(0, 1);
  await runs.take(coverage, [], 0);
}

const planRow = z.object({ detail: z.string() });

async function planOf(sql: string): Promise<readonly string[]> {
  const parameters = Math.max(0, ...[...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number)));
  const values = Array.from({ length: parameters }, () => null);
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all();
  return results.map((row) => planRow.parse(row).detail);
}

/**
 * Plans that scan no table: reading a list from a parameter, one row, the result of a part of the
 * statement, or an index of only what is left to do.
 */
const HARMLESS =
  /^SCAN (?:\w+ USING INDEX (?:events_unsent|condemned_to_delete|blobs_quarantined)$|CONSTANT ROW|\(|\d+ CONSTANT ROW|\w+ (?:EXISTS )?VIRTUAL TABLE INDEX|(?:found|weighed|covered|held|going|selected|digests|kept|needed|up|c|closure|newest|own|sharing)$)/;

describe("every statement", () => {
  it("was seen: routes and queue prepare this many at least", () => {
    expect(statements.size).toBeGreaterThanOrEqual(70);
  });

  it("that deletes tags or manifests does not look at each tag of a repository", async () => {
    const deletions = [...statements].filter((sql) => /^\s*DELETE FROM (?:tags|manifests)\b/.test(sql));
    expect(deletions.length).toBeGreaterThanOrEqual(4);
    for (const sql of deletions) {
      // The plan also shows the look by the foreign key.
      expect(await planOf(sql), sql).not.toContainEqual(expect.stringMatching(/^SEARCH tags .*\(repository_id=\?\)/));
    }
  });

  it("finds its rows by an index, and sorts by none but an index", async () => {
    const offences: string[] = [];
    for (const sql of statements) {
      const plan = await planOf(sql);
      const scans = plan.filter((step) => step.startsWith("SCAN ") && !HARMLESS.test(step));
      const sorts = plan.filter((step) => step.includes("TEMP B-TREE FOR ORDER BY"));
      if (scans.length + sorts.length > 0) offences.push(`${[...scans, ...sorts].join("; ")} in ${sql.trim()}`);
    }
    expect(offences).toEqual([]);
  });

  it("would be caught if it scanned a table", async () => {
    expect(await planOf("SELECT * FROM tags WHERE updated_at > ?1")).toEqual(["SCAN tags"]);
  });
});
