import { afterAll, beforeAll, inject } from "vitest";
import { connect } from "../../../harness/live/server.ts";
import { openSpace, type Space } from "../../../harness/live/space.ts";
import type { Client } from "./contract.ts";
import { type Home, openHome } from "./home.ts";

interface Bench {
  readonly space: Space;
  /** Makes a new home that is logged in, with a token for everything unless told otherwise. */
  openHome(password?: string): Promise<Home>;
}

/** Gives the tests of a `describe` a space, and homes that are removed after them. */
export function useBench(purpose: string, client: Pick<Client, "env" | "login">): Bench {
  const homes: Home[] = [];
  let opened: { space: Space; everything: string } | undefined;

  beforeAll(async () => {
    const space = await openSpace(connect(inject("registry")), purpose);
    opened = { space, everything: await space.token("pull", "push", "delete") };
  });

  afterAll(async () => {
    await Promise.all(homes.map((home) => home.remove()));
  });

  const current = (): { space: Space; everything: string } => {
    if (opened === undefined) throw new Error("the space is made before the first test");
    return opened;
  };

  return {
    get space() {
      return current().space;
    },
    openHome: async (password = current().everything) => {
      const home = await openHome(client.env);
      homes.push(home);
      await client.login(home, current().space.host, password);
      return home;
    },
  };
}
