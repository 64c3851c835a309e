import { once } from "node:events";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { randomBlob } from "../support/blob.ts";
import { reply, serve } from "../support/server.ts";
import { UploadRegistry } from "../support/upload-registry.ts";
import { runCli, startCli } from "../support/world.ts";

const started = z.object({ listen: z.string(), to: z.string() });

let registry = new UploadRegistry();
const upstream = await serve((request, response) => registry.listener(request, response));

/** An address of this machine by which others could reach it; if it has none, one that only it can reach. */
const ownAddress =
  Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";

beforeEach(() => {
  registry = new UploadRegistry();
});

async function addressIn(stdout: () => string): Promise<string> {
  await expect.poll(stdout).toContain("\n");
  return started.parse(JSON.parse(stdout())).listen;
}

describe("spacedock proxy", () => {
  it("says where it listens and how it is used, and ends in good order", async () => {
    const cli = startCli(["proxy", "--to", upstream.host, "--listen", "127.0.0.1:0"]);
    await expect.poll(cli.stdout).toMatch(/docker login localhost:\d+\n {2}docker push localhost:\d+\/<space>/);
    cli.interrupt();
    expect(await cli.ended).toMatchObject({ exitCode: 0 });
  });

  it("cuts what is over --chunk-size, down to what the registry needs", async () => {
    registry.startHeaders = { "oci-chunk-min-length": "1000000" };
    const cli = startCli([
      "proxy",
      "--json",
      "--to",
      upstream.host,
      "--listen",
      "127.0.0.1:0",
      "--chunk-size",
      "1.5MB",
    ]);
    const url = `http://${await addressIn(cli.stdout)}`;
    const blob = randomBlob(4_000_000);
    const begun = await fetch(`${url}/v2/acme/web/blobs/uploads/`, { method: "POST" });
    const session = `${url}${begun.headers.get("location")}?digest=${blob.digest}`;
    expect((await fetch(session, { method: "PUT", body: blob.bytes })).status).toBe(201);
    expect(registry.of("PATCH").map(({ length }) => length)).toEqual(["1500000", "1500000", "1000000"]);
    cli.interrupt();
    await cli.ended;
  });

  it("finishes what is under way when it is interrupted", async () => {
    const answers: (() => void)[] = [];
    const slow = await serve((request, response) => {
      if (request.url === "/slow") answers.push(() => reply(response, 200, {}, "at last"));
      else reply(response, 200);
    });
    const cli = startCli(["proxy", "--json", "--to", slow.host, "--listen", "127.0.0.1:0"]);
    const asked = fetch(`http://${await addressIn(cli.stdout)}/slow`);
    await expect.poll(() => answers.length).toBe(1);
    cli.interrupt();
    answers[0]?.();
    expect(await (await asked).text()).toBe("at last");
    expect((await cli.ended).exitCode).toBe(0);
  });

  it.each([
    ["127.0.0.1:5999", "127.0.0.1:5999"],
    ["http://localhost:5999", "127.0.0.1:5999"],
    ["127.0.0.1:5999", "localhost:5999"],
    ["[::1]:5999", "localhost:5999"],
    ["http://127.0.0.2:5999", "127.0.0.1:5999"],
    ["http://localhost:5999", "0.0.0.0:5999"],
    ["http://0.0.0.0:5999", "127.0.0.1:5999"],
    ["http://[::ffff:7f00:1]:5999", "[::1]:5999"],
    ["http://registry.localhost:5999", "127.0.0.1:5999"],
    [`http://${ownAddress}:5999`, "0.0.0.0:5999"],
    ["localhost", "127.0.0.1:80"],
    ["https://localhost", "127.0.0.1:443"],
  ])("does not send to itself: --to %s --listen %s", async (to, listen) => {
    const { exitCode, stderr } = await runCli(["proxy", "--to", to, "--listen", listen]);
    expect(stderr).toContain("the proxy would send to itself");
    expect(stderr).toMatch(/Listen on another port, such as --listen \S+:\d+/);
    expect(exitCode).toBe(2);
  });

  it("tells of each request with -v, and of no secret", async () => {
    const cli = startCli(["proxy", "-v", "--to", upstream.host, "--listen", "127.0.0.1:0"]);
    await expect.poll(cli.stdout).toContain("docker login");
    const [, port = ""] = /localhost:(\d+)/.exec(cli.stdout()) ?? [];
    const path = "/v2/a/blobs/uploads/0123456789-secret?_state=hidden&digest=sha256:1";
    await fetch(`http://127.0.0.1:${port}${path}`, { method: "PUT", headers: { authorization: "Bearer hidden" } });
    await expect.poll(cli.stderr).toMatch(/PUT \/v2\/a\/blobs\/uploads\/01234567…\?digest=sha256:1 404 \d+ s\n/);
    expect(cli.stderr()).not.toMatch(/secret|hidden/);
    cli.interrupt();
    await cli.ended;
  });

  it("warns where the registry cannot be reached, and where others can reach the proxy", async () => {
    const cli = startCli(["proxy", "--to", "127.0.0.1:1", "--listen", "0.0.0.0:0"]);
    await expect.poll(cli.stderr).toMatch(/warning: cannot reach http:\/\/127\.0\.0\.1:1/);
    expect(cli.stderr()).toMatch(/without TLS/);
    cli.interrupt();
    await cli.ended;
  });

  it("says what to do where the port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" ? address?.port : 0;
    const { exitCode, stderr } = await runCli(["proxy", "--to", upstream.host, "--listen", `127.0.0.1:${port}`]);
    taken.close();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/the address is already in use\nUse another port: --listen 127\.0\.0\.1:\d+\n$/);
  });

  it.each([
    [["proxy"], "--to is missing"],
    [["proxy", "--to", "ftp://x"], "is not a registry"],
    [["proxy", "--to", "localhost", "--chunk-size", "lots"], '--chunk-size: "lots" is not a size'],
    [["proxy", "--to", "localhost", "--listen", "5000"], "--listen: write it as host:port, for example 127.0.0.1:5000"],
  ])("ends with 2 where %j makes no sense", async (args, said) => {
    const { exitCode, stderr } = await runCli(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(said) });
  });
});
