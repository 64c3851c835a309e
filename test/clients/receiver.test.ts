import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { useBench } from "./support/bench.ts";
import type { Client } from "./support/contract.ts";
import type { Home } from "./support/home.ts";
import { makeImageLayout } from "./support/layout.ts";
import { scratch } from "./support/scratch.ts";

/** A push by a real client, and a receiver of our webhooks over real HTTP, that pulls what it is told of. */
const skopeo: Pick<Client, "login"> = {
  login: (home, host, password) =>
    home.run("skopeo", ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", host], password),
};

interface Delivered {
  readonly headers: Record<string, string>;
  readonly body: string;
  /** What the tag led to when the event came. */
  readonly pulled: string;
}

const created = z.object({ id: z.string(), secret: z.string().optional() });
const told = z.object({ data: z.object({ repository: z.string(), tag: z.string(), digest: z.string() }) });
const deliveries = z.object({ items: z.array(z.object({ id: z.string(), status: z.string() })) });

describe("a receiver on this machine", () => {
  const bench = useBench("receiver", skopeo);
  const delivered: Delivered[] = [];
  let server: Server;
  let home: Home;
  let secret = "";

  async function manage(method: string, path: string, body?: object): Promise<unknown> {
    const { url, adminToken } = inject("registry");
    const answer = await fetch(`${url}/api/v1/spaces/${bench.space.name}/${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const content = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${content}`);
    return JSON.parse(content);
  }

  beforeAll(async () => {
    home = await bench.openHome();
    server = createServer((request, response) => {
      void (async () => {
        const body = await text(request);
        const { repository, tag } = told.parse(JSON.parse(body)).data;
        const name = `docker://${bench.space.host}/${repository}:${tag}`;
        const pulled = await home.run("skopeo", ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", name]);
        const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
        delivered.push({ headers, body, pulled: pulled.trim() });
        response.end("deployed");
      })().catch((fault: unknown) => {
        response.writeHead(500).end(String(fault));
      });
    });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve(z.object({ port: z.int() }).parse(server.address()).port));
    });
    const target = created.parse(
      await manage("POST", "targets", { name: "hook", type: "standard-webhook", url: `http://127.0.0.1:${port}/` }),
    );
    secret = target.secret ?? "";
    await manage("POST", "triggers", {
      name: "releases",
      match: { tag: { type: "semver", value: ">=1" } },
      targets: [target.id],
    });
  });

  afterAll(() => {
    server.close();
  });

  it("hears of a push that matches, signed, when the tag can be pulled, and not of one that does not", async () => {
    const layout = scratch(home);
    const digest = await makeImageLayout(layout, [5000]);
    for (const tag of ["latest", "1.2.3"]) {
      const name = `docker://${bench.space.repository(`web:${tag}`)}`;
      await home.run("skopeo", ["copy", "--dest-tls-verify=false", `oci:${layout}:latest`, name]);
    }
    await expect.poll(() => delivered.length, { timeout: 60_000 }).toBe(1);
    const [event] = delivered;
    const document = told.parse(new Webhook(secret).verify(event?.body ?? "", event?.headers ?? {}));
    expect(document.data).toMatchObject({ repository: `${bench.space.name}/web`, tag: "1.2.3" });
    expect(event?.pulled).toBe(document.data.digest);
    expect(document.data.digest).toBe(digest);
    await expect
      .poll(async () => deliveries.parse(await manage("GET", "deliveries")).items, { timeout: 60_000 })
      .toMatchObject([{ status: "delivered" }]);
  });
});
