import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import type { Environment } from "../../../src/cli/context.ts";
import type { Credential } from "../../../src/cli/credentials/credential.ts";
import { type CredentialStore, dockerCredentials } from "../../../src/cli/credentials/store.ts";

const REGISTRY = parseRegistry("registry.example.com");
const PASSWORD: Credential = { kind: "password", username: "ci", secret: "s3:cret" };
const REFRESH: Credential = { kind: "refresh-token", secret: "refresh-me" };

/** A keychain that is a directory of files, in the protocol of docker's credential programs. */
const PROGRAM = `#!/bin/sh
read -r input
case "$1" in
  get) file="$KEYCHAIN/$(printf %s "$input" | tr '/:' '__')"
    if [ -f "$file" ]; then cat "$file"; else echo "credentials not found in native keychain"; exit 1; fi;;
  store) name=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/' | tr '/:' '__')
    printf %s "$input" > "$KEYCHAIN/$name";;
  erase) rm "$KEYCHAIN/$(printf %s "$input" | tr '/:' '__')";;
esac
`;

let directory = "";
let env: Environment = {};
let store: CredentialStore = dockerCredentials({});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "credentials-"));
  await mkdir(join(directory, "keychain"));
  await writeFile(join(directory, "docker-credential-test"), PROGRAM);
  await chmod(join(directory, "docker-credential-test"), 0o755);
  env = {
    HOME: directory,
    DOCKER_CONFIG: directory,
    KEYCHAIN: join(directory, "keychain"),
    PATH: `${directory}:${process.env["PATH"]}`,
  };
  store = dockerCredentials(env);
});

afterEach(() => rm(directory, { recursive: true }));

async function configure(config: object): Promise<void> {
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
}

async function configuration(): Promise<unknown> {
  return JSON.parse(await readFile(join(directory, "config.json"), "utf8"));
}

function login(secret: string): string {
  return JSON.stringify({ auths: { "registry.example.com": { auth: base64(`ci:${secret}`) } } });
}

async function secretIn(): Promise<string | undefined> {
  return (await dockerCredentials(env).read(REGISTRY))?.secret;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

describe("docker's credentials", () => {
  it("are none without a configuration", async () => {
    expect(await store.read(REGISTRY)).toBeNull();
    expect(await store.erase(REGISTRY)).toBe(false);
  });

  it.each([
    ["registry.example.com", { auth: base64("ci:s3:cret") }, PASSWORD],
    ["https://registry.example.com/v1/", { auth: base64("ci:s3:cret") }, PASSWORD],
    ["registry.example.com", { username: "ci", password: "s3:cret" }, PASSWORD],
    ["registry.example.com", { auth: base64("ci:"), identitytoken: "refresh-me" }, REFRESH],
    ["other.example.com", { auth: base64("ci:s3:cret") }, null],
    ["registry.example.com", {}, null],
  ])("are read from what %s has: %o", async (server, entry, expected) => {
    await configure({ auths: { [server]: entry } });
    expect(await store.read(REGISTRY)).toEqual(expected);
  });

  it("are found for Docker Hub under its old address", async () => {
    await configure({ auths: { "https://index.docker.io/v1/": { auth: base64("ci:s3:cret") } } });
    expect(await store.read(parseRegistry("docker.io"))).toEqual(PASSWORD);
  });

  it.each([PASSWORD, REFRESH])(
    "are written for the owner alone, and leave all else as it was: %o",
    async (credential) => {
      await configure({ HttpHeaders: { a: "b" }, auths: { "other.example.com": { auth: "b3RoZXI6eA==" } } });
      expect(await store.write(REGISTRY, credential)).toBe("file");
      expect(await store.read(REGISTRY)).toEqual(credential);
      expect(await configuration()).toMatchObject({
        HttpHeaders: { a: "b" },
        auths: { "other.example.com": { auth: "b3RoZXI6eA==" } },
      });
      expect((await stat(join(directory, "config.json"))).mode & 0o777).toBe(0o600);
    },
  );

  it("are erased, however their address was written", async () => {
    await configure({ auths: { "https://registry.example.com": { auth: base64("ci:s3:cret") }, other: {} } });
    expect(await store.erase(REGISTRY)).toBe(true);
    expect(await configuration()).toEqual({ auths: { other: {} } });
  });

  it.each([{ credsStore: "test" }, { credHelpers: { "registry.example.com": "test" } }])(
    "go to the keychain that the configuration names, and not to the file: %o",
    async (config) => {
      await configure(config);
      expect(await store.write(REGISTRY, PASSWORD)).toBe("program");
      expect(JSON.stringify(await configuration())).not.toContain(base64("ci:s3:cret"));
      expect(await store.read(REGISTRY)).toEqual(PASSWORD);
      expect(await store.erase(REGISTRY)).toBe(true);
      expect(await store.read(REGISTRY)).toBeNull();
    },
  );

  it("keep a refresh token in a keychain as docker does", async () => {
    await configure({ credsStore: "test" });
    await store.write(REGISTRY, REFRESH);
    expect(await store.read(REGISTRY)).toEqual(REFRESH);
  });

  it("say which program is missing", async () => {
    await configure({ credsStore: "absent" });
    await expect(store.read(REGISTRY)).rejects.toThrow("cannot run docker-credential-absent");
  });

  it("say which file is not a configuration, and where", async () => {
    await writeFile(join(directory, "config.json"), "{");
    await expect(store.read(REGISTRY)).rejects.toThrow(/config\.json is not/);
    await configure({ auths: "none" });
    await expect(store.read(REGISTRY)).rejects.toThrow(/config\.json is not a valid docker configuration, at auths/);
  });

  it.each([
    "",
    " \n",
    "\uFEFF",
    "null",
    "{}",
    '{"auths": null}',
    '{"auths": []}',
    '{"auths": {}}',
    '{"credsStore": null, "credHelpers": null}',
    '{"credsStore": "", "credHelpers": []}',
    '{"HttpHeaders": null, "plugins": [1], "proxies": "x"}',
    '{"auths": {"registry.example.com": null}}',
    '{"auths": {"registry.example.com": {"auth": null, "identitytoken": null}}}',
    '{"credHelpers": {"registry.example.com": null, "other.example.com": 5}}',
  ])("are none, and can be written, where the configuration is %j", async (content) => {
    await writeFile(join(directory, "config.json"), content);
    expect(await store.read(REGISTRY)).toBeNull();
    expect(await store.erase(REGISTRY)).toBe(
      content.includes('"registry.example.com": null}}') || content.includes('"auth": null'),
    );
    await writeFile(join(directory, "config.json"), content);
    expect(await store.write(REGISTRY, PASSWORD)).toBe("file");
    expect(await store.read(REGISTRY)).toEqual(PASSWORD);
  });

  it.each([null, { auth: null }, { auth: 5, identitytoken: [] }, "text", [1], 7])(
    "are found beside whatever another registry has: %j",
    async (other) => {
      const auths = { "registry.example.com": { auth: base64("ci:s3:cret") }, "other.example.com": other };
      await configure({ auths, credHelpers: { "third.example.com": other } });
      expect(await store.read(REGISTRY)).toEqual(PASSWORD);
      await store.write(REGISTRY, REFRESH);
      expect(await configuration()).toMatchObject({ auths: { "other.example.com": other } });
    },
  );

  it("are found behind a byte order mark", async () => {
    const config = { auths: { "registry.example.com": { auth: base64("ci:s3:cret") } } };
    await writeFile(join(directory, "config.json"), `\uFEFF${JSON.stringify(config)}\r\n`);
    expect(await store.read(REGISTRY)).toEqual(PASSWORD);
  });

  it("say whose entry is not a login", async () => {
    await configure({ auths: { "registry.example.com": { auth: 5 } } });
    await expect(store.read(REGISTRY)).rejects.toThrow(
      /entry for registry\.example\.com in .*config\.json is not a login/,
    );
  });

  it("are taken from an older entry where docker's own is empty", async () => {
    const auths = { "registry.example.com": {}, "https://registry.example.com/v1/": { auth: base64("ci:s3:cret") } };
    await configure({ auths });
    expect(await store.read(REGISTRY)).toEqual(PASSWORD);
  });
});

describe("logins of other tools", () => {
  it("count in the order in which docker and podman take them", async () => {
    await mkdir(join(directory, "run/containers"), { recursive: true });
    await mkdir(join(directory, "home/containers"), { recursive: true });
    env = { ...env, XDG_CONFIG_HOME: join(directory, "home"), XDG_RUNTIME_DIR: join(directory, "run") };
    await writeFile(join(directory, "home/containers/auth.json"), login("of podman's home"));
    expect(await secretIn()).toBe("of podman's home");
    await writeFile(join(directory, "run/containers/auth.json"), login("of podman"));
    expect(await secretIn()).toBe("of podman");
    await writeFile(join(directory, "config.json"), login("of docker"));
    expect(await secretIn()).toBe("of docker");
    await writeFile(join(directory, "named.json"), login("named"));
    env = { ...env, REGISTRY_AUTH_FILE: join(directory, "named.json") };
    expect(await secretIn()).toBe("named");
    env = { ...env, DOCKER_AUTH_CONFIG: login("of the job") };
    expect(await secretIn()).toBe("of the job");
  });

  it("are passed over where they have nothing for the registry, or are not there", async () => {
    await configure({ auths: { "registry.example.com": { auth: base64("ci:s3:cret") } } });
    env = {
      ...env,
      DOCKER_AUTH_CONFIG: '{"auths": {"other.example.com": {"auth": null}}}',
      REGISTRY_AUTH_FILE: join(directory, "absent.json"),
      XDG_RUNTIME_DIR: join(directory, "config.json"),
    };
    expect(await secretIn()).toBe("s3:cret");
  });

  it("are told and passed over where DOCKER_AUTH_CONFIG is none", async () => {
    await configure({ auths: { "registry.example.com": { auth: base64("ci:s3:cret") } } });
    const warnings: string[] = [];
    const found = await dockerCredentials({ ...env, DOCKER_AUTH_CONFIG: "{" }, (text) => warnings.push(text)).find(
      REGISTRY,
    );
    expect(found?.credential).toEqual(PASSWORD);
    expect(warnings).toEqual(["DOCKER_AUTH_CONFIG is not a valid docker configuration; ignoring it"]);
  });
});
