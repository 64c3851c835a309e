import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { formatBytes } from "../../../src/oci/size.ts";
import { makeImageLayout } from "../../clients/support/layout.ts";
import { pack, writeDockerTree, writeFiles } from "../support/archives.ts";
import { usePushBench } from "../support/push-bench.ts";
import { reply } from "../support/server.ts";
import { runCli } from "../support/world.ts";

const bench = await usePushBench();
const { scratch } = bench;
const socket = join(scratch, "engine.sock");
const tmp = join(scratch, "tmp");
const bin = join(scratch, "bin");
const layout = join(scratch, "layout");
const digest = await makeImageLayout(layout, [300_000, 1000]);
const archive = await readFile(await pack(layout, join(scratch, "layout.tar")));

/** The engine's answers, by method and address. By default it has one image, `web`, and that image's id. */
let answers: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {};
let asked: string[] = [];
const engine = createServer((request, response) => {
  const line = decodeURIComponent(request.url ?? "");
  asked.push(line);
  const answer = answers[line];
  if (answer === undefined) reply(response, 404, {}, JSON.stringify({ message: "No such image" }));
  else answer(response, request);
}).listen(socket);
await once(engine, "listening");
afterAll(async () => {
  engine.closeAllConnections();
  engine.close();
  await once(engine, "close");
});

const described = JSON.stringify({ Id: "sha256:1", RepoTags: ["web:latest", "web:1"], Size: archive.length });

function tell(response: ServerResponse): void {
  reply(response, 200, {}, described);
}

function save(response: ServerResponse): void {
  response.end(archive);
}

beforeEach(async () => {
  asked = [];
  answers = {
    "/images/web/json": tell,
    "/images/web:1/json": tell,
    "/images/0123abc/json": tell,
    "/images/web:latest/get": save,
    "/images/web:1/get": save,
    "/images/0123abc/get": save,
  };
  await rm(tmp, { recursive: true, force: true });
  await mkdir(tmp);
});

/** Pushes with an engine, and a directory for temporary files that must be empty at the end. */
async function push(
  image: string,
  env: Record<string, string> = {},
  ...args: readonly string[]
): ReturnType<typeof runCli> {
  const world = { ...bench.env, DOCKER_HOST: `unix://${socket}`, TMPDIR: tmp, ...env };
  const said = await runCli(["push", image, `${bench.destination}:1`, ...args], world);
  expect(await readdir(tmp)).toEqual([]);
  return said;
}

describe("an image of the Docker engine", () => {
  it.each([
    ["web", "web:latest"],
    ["web:1", "web:1"],
    ["0123abc", "0123abc"],
  ])("is read into a temporary file, and that is said: %s", async (name, saved) => {
    const { exitCode, stdout, stderr } = await push(name);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: `Reading ${name}, about ${formatBytes(archive.length)}, from the Docker engine into a temporary file in ${tmp}\n`,
    });
    expect(stdout).toContain(`@${digest} (`);
    expect(asked).toEqual([`/images/${name}/json`, `/images/${saved}/get`]);
  });

  it("is asked for in one platform", async () => {
    const platform = JSON.stringify({ os: "linux", architecture: "amd64" });
    answers[`/images/web:1/get?platform=${platform}`] = (response) => void response.end(archive);
    expect(await push("web:1", {}, "--platform", "linux/amd64")).toMatchObject({ exitCode: 0 });
  });

  it("is not read by whoever may not push it", async () => {
    bench.registry.refusals.set("POST /v2/acme/web/blobs/uploads/", { status: 403, code: "DENIED" });
    expect(await push("web:1")).toMatchObject({ exitCode: 4 });
    expect(asked).toEqual(["/images/web:1/json"]);
  });

  it("may be one that the engine does not have", async () => {
    const { exitCode, stderr } = await push("nothing:1");
    expect(exitCode).toBe(3);
    expect(stderr).toBe(
      'spacedock: the Docker engine has no image "nothing:1", and there is no such file\nList its images: docker image ls\n',
    );
  });

  it("counts before a directory of the same name that is no layout", async () => {
    const { exitCode, stderr } = await push("test");
    expect(exitCode).toBe(3);
    expect(stderr).toContain('the Docker engine has no image "test"');
  });

  it.each([
    ["breaks off", brokenOff, 5, "the Docker engine stopped answering"],
    [
      "ends too early",
      (response: ServerResponse) => void response.end(archive.subarray(0, 200_000)),
      6,
      "is truncated",
    ],
    [
      "is refused",
      (response: ServerResponse) => reply(response, 500, {}, '{"message":"no space"}'),
      1,
      "the Docker engine failed: no space",
    ],
  ])("leaves nothing behind where it %s", async (_, answer, exit, said) => {
    answers["/images/web:1/get"] = answer;
    const { exitCode, stderr } = await push("web:1");
    expect(exitCode).toBe(exit);
    expect(stderr).toContain(said);
    expect(bench.registry.references).toEqual([]);
  });

  it("leaves nothing behind after Ctrl-C", async () => {
    const interrupt = new Promise<void>((resolve) => {
      answers["/images/web:1/get"] = (response) => void response.write(archive.subarray(0, 100_000), () => resolve());
    });
    const world = { ...bench.env, DOCKER_HOST: `unix://${socket}`, TMPDIR: tmp };
    const said = await runCli(["push", "web:1", bench.destination], world, { interrupt });
    expect(said).toMatchObject({ exitCode: 130, stdout: "" });
    expect(await readdir(tmp)).toEqual([]);
  });

  it("is not read where the disk has no room for it", async () => {
    answers["/images/web:1/json"] = (response) => reply(response, 200, {}, '{"Size":1e17}');
    const { exitCode, stderr } = await push("web:1");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`spacedock: the disk is full: ${tmp} has no room for a temporary file (about 100000 TB`);
    expect(stderr).toContain("TMPDIR=<directory>");
  });

  it("needs a directory for temporary files", async () => {
    const world = { ...bench.env, DOCKER_HOST: `unix://${socket}`, TMPDIR: join(scratch, "nowhere") };
    const { exitCode, stderr } = await runCli(["push", "web:1", bench.destination], world);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("To use another directory, set TMPDIR=<directory>");
  });
});

function brokenOff(response: ServerResponse): void {
  response.write(archive.subarray(0, 100_000), () => response.destroy());
}

/** Installs a docker program that does as a script says, and notes its calls. */
async function installDocker(script: string): Promise<Record<string, string>> {
  await writeFiles(bin, { docker: `#!/bin/sh\necho "$@" >> ${scratch}/calls\n${script}\n` });
  await chmod(join(bin, "docker"), 0o755);
  await rm(join(scratch, "calls"), { force: true });
  return { PATH: `${bin}:/usr/bin:/bin` };
}

describe("without the engine's socket", () => {
  const away = { DOCKER_HOST: "unix:///nowhere/docker.sock" };

  it.each([
    ["the socket is not there", away],
    ["the engine is far away", { DOCKER_HOST: "ssh://far" }],
    ["docker uses another context", { DOCKER_HOST: "", DOCKER_CONTEXT: "far" }],
  ])("the docker program saves the image: %s", async (_, env) => {
    const path = await installDocker(`case $1 in image) echo '${described}';; save) cat ${scratch}/layout.tar;; esac`);
    const { exitCode, stdout } = await push("web:1", { ...env, ...path });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`@${digest} (`);
    const calls = await readFile(join(scratch, "calls"), "utf8");
    expect(calls).toBe("image inspect --format {{json .}} web:1\nsave web:1\n");
  });

  it.each([
    ["has no such image", "echo 'Error: No such image: web:1' >&2; exit 1", 3, 'has no image "web:1"'],
    [
      "cannot save it",
      `[ $1 = image ] && echo '${described}' && exit; echo oh dear >&2; exit 1`,
      1,
      "docker failed: oh dear",
    ],
    [
      "finds no engine",
      "echo 'Cannot connect to the Docker daemon' >&2; exit 1",
      5,
      "no Docker engine answers at /nowhere/docker.sock: no such socket",
    ],
    ["says something unknown", "echo '[]'", 1, "docker's description of the image has an unknown form"],
  ])("a failure of the docker program is told: it %s", async (_, script, exit, said) => {
    const { exitCode, stderr } = await push("web:1", { ...away, ...(await installDocker(script)) });
    expect(exitCode).toBe(exit);
    expect(stderr).toContain(said);
  });

  it("and without docker it is said what else can be done", async () => {
    const { exitCode, stderr } = await push("web:1", { ...away, PATH: join(scratch, "no-bin") });
    expect(exitCode).toBe(5);
    expect(stderr).toContain("no Docker engine answers at /nowhere/docker.sock: no such socket");
    expect(stderr).toContain("docker save --output image.tar");
  });

  it("that of before version 25 is as good", async () => {
    const tree = join(scratch, "docker");
    await writeDockerTree(tree, ["web:1"]);
    const old = await readFile(await pack(tree, join(scratch, "docker.tar")));
    answers["/images/web:1/get"] = (response) => void response.end(old);
    expect((await push("web:1")).stdout).toContain("blobs: 3 pushed");
  });
});
