import { afterAll, beforeAll, inject } from "vitest";
import type { Environment } from "../../../harness/live/process.ts";
import { connect } from "../../../harness/live/server.ts";
import { openSpace, type Space } from "../../../harness/live/space.ts";
import { type Home, openHome } from "./home.ts";
import { readLayout } from "./layout.ts";
import { scratch } from "./scratch.ts";
import { buildSpacedock, type Ended, spacedock } from "./spacedock.ts";

interface SpacedockBench {
  readonly home: Home;
  readonly space: Space;
  readonly token: string;
  /** Returns the settings of a login at this registry, or at a proxy in front of it. */
  loginAt(host: string): Environment;
  /** Pushes to a repository of the space. */
  push(source: string, name: string, ...args: readonly string[]): Promise<Ended>;
  /** Pulls with all digests checked, and returns that of the manifest. */
  skopeoPull(name: string): Promise<string>;
  cranePull(name: string): Promise<string>;
}

interface Opened {
  readonly home: Home;
  readonly space: Space;
  readonly token: string;
}

/** Gives the tests of a file the published command, a space, and a home where other clients are logged in too. */
export function useSpacedock(env: Environment = {}): SpacedockBench {
  let opened: Opened | undefined;
  const current = (): Opened => {
    if (opened === undefined) throw new Error("the space is made before the first test");
    return opened;
  };

  beforeAll(async () => {
    const [space, home] = await Promise.all([
      openSpace(connect(inject("registry")), "spacedock"),
      openHome(env),
      buildSpacedock(),
    ]);
    const token = await space.token("pull", "push");
    opened = { space, home, token };
    const login = ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", space.host];
    await home.run("skopeo", login, token);
    await home.run("crane", ["auth", "login", space.host, "--username", "ci", "--password-stdin"], token);
  });

  afterAll(() => opened?.home.remove());

  return {
    get home() {
      return current().home;
    },
    get space() {
      return current().space;
    },
    get token() {
      return current().token;
    },
    loginAt: (host) => ({ SPACEDOCK_REGISTRY: host, SPACEDOCK_TOKEN: current().token }),
    push: (source, name, ...args) => {
      const { home, space, token } = current();
      const login = { SPACEDOCK_REGISTRY: space.host, SPACEDOCK_TOKEN: token };
      return spacedock(home, ["push", source, space.repository(name), ...args], login);
    },
    skopeoPull: async (name) => {
      const { home, space } = current();
      const layout = scratch(home);
      const copy = ["copy", "--all", "--preserve-digests", "--src-tls-verify=false"];
      await home.run("skopeo", [...copy, `docker://${space.repository(name)}`, `oci:${layout}:latest`]);
      return readLayout(layout);
    },
    cranePull: async (name) => {
      const { home, space } = current();
      const layout = scratch(home);
      await home.run("crane", ["pull", "--format=oci", space.repository(name), layout]);
      return readLayout(layout);
    },
  };
}
