import { expect, it } from "vitest";
import { checkout, rows, theScene, tokenOf, useScene } from "./scene.ts";
import type { Fault } from "./stand-in.ts";

useScene();

/**
 * Returns the kind of a call: calls that differ only in a name are of one kind. Of the migrations, the
 * first and a later one stand for all.
 */
function kindOf(call: string, body: string): string | null {
  const kind = call.replace(/database\/[0-9a-f-]{36}/, "database/*");
  if (!kind.endsWith("/query")) return kind;
  const { 1: migration } = /INSERT INTO d1_migrations .*'(\d+)_/.exec(body) ?? [];
  if (migration === undefined) return `${kind} ${/"sql":"(\w+ \w+)/.exec(body)?.[1]}`;
  return ["0001", "0012"].includes(migration) ? `${kind} ${migration}` : null;
}

it.each<readonly [string, Fault]>([
  ["is refused", { status: 400, code: 10013, message: "injected" }],
  ["takes effect, and its answer is lost", "lost"],
])("comes to its end after each call was one that %s, with the admin token known all the while", async (_, fault) => {
  const { standIn } = theScene();
  const person = checkout();
  const done = new Set<string>();
  let faults = 0;
  standIn.script = (call, body) => {
    const kind = kindOf(call, body);
    if (kind === null || (done.has(kind) && !failing.has(kind))) return null;
    done.add(kind);
    failing.add(kind);
    faults += 1;
    return fault;
  };
  const failing = new Set<string>();
  const shown: string[] = [];
  let token: string | undefined;
  for (let runs = 1; ; runs += 1) {
    failing.clear();
    faults = 0;
    const { code, output } = await person.deploy();
    expect(output).not.toMatch(/^\s+at /m);
    const kept = person.secrets()?.["ADMIN_TOKEN"];
    token ??= kept;
    expect(kept).toBe(token);
    expect([undefined, token]).toContain(tokenOf());
    if (token !== undefined && output.includes(token)) shown.push(output);
    if (code === 0 && faults === 0) break;
    // It ends with a sentence, and names the place of the secrets once there are any.
    const end =
      token === undefined ? /\nspacedock: .+/ : /\nspacedock: .+\nThe secrets.* kept in .*\.secrets\.spacedock\.json/;
    expect(code === 0 ? "\nspacedock: .\nThe secrets kept in .secrets.spacedock.json" : output).toMatch(end);
    expect(runs, [...done].join("\n")).toBeLessThan(60);
  }
  expect(shown).toHaveLength(1);
  expect(shown[0]).toContain("docker login");
  expect(tokenOf()).toBe(token);
  expect(await rows("SELECT name FROM sqlite_schema WHERE name = 'first_deploy'")).toEqual([]);
  expect([...theScene().account.queues.values()].every(({ consumers }) => consumers.length === 1)).toBe(true);
  expect(theScene().account.workers.get("spacedock")).toMatchObject({ crons: { length: 3 }, isOnWorkersDev: true });
  expect(done.size).toBeGreaterThan(25);
});
