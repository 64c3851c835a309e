/** `npm run crash`: tests what a registry keeps after it is killed. See HELP. */
import type { Client } from "../clients/support/contract.ts";
import { dockerEngine } from "../clients/support/engine.ts";
import { type Home, openHome } from "../clients/support/home.ts";
import * as oras from "../clients/support/oras.ts";
import * as skopeo from "../clients/support/skopeo.ts";
import { dockerClient } from "../clients/support/docker.ts";
import { runProgram } from "../../harness/live/program.ts";
import { startOwnServer } from "../../harness/live/server.ts";
import { keepFor } from "../../harness/live/upkeep.ts";
import { randomFrom } from "../support/random.ts";
import { pullAll } from "./check.ts";
import { playRound } from "./round.ts";
import { NO_FIGURES, SPACE, type World } from "./world.ts";

const HELP = `npm run crash -- [--rounds <n>] [--seed <n>] [--json <file>]

Kills a local server with SIGKILL at random moments while docker, skopeo, oras and a client of our own that sends chunks push to
it, starts it again, and checks that

  every image and deletion that was acknowledged is there, to the last byte,
  every upload session has at least the bytes that were acknowledged,
  whatever was not acknowledged can be done again,
  upkeep, which is killed in some rounds too, leaves no object without a row and no row without an object.

  --rounds <n>   how many (20)
  --seed <n>     of what is chosen at random (1); when what happens is up to the machine
  --json <file>  writes the findings there too

Ends with 1 when anything is violated. It needs the clients of .ci/install-clients. Leave src/ alone meanwhile: a change
restarts the server.`;

async function openWorld(stack: AsyncDisposableStack, seed: number): Promise<World> {
  const engine = dockerEngine();
  stack.defer(() => engine.stop());
  await engine.start("{}");
  // Upkeep runs only when we say so, while no push is under way, so nothing needs a grace.
  const server = await startOwnServer(keepFor(0));
  stack.defer(() => server.stop());
  await server.createSpace(SPACE);
  const secret = await server.createToken(SPACE, { actions: ["pull", "push", "delete"] });
  const homeOf = async ({ env, login }: Pick<Client, "env" | "login">): Promise<Home> => {
    const home = await openHome(env);
    stack.defer(() => home.remove());
    await login(home, server.host, secret);
    return home;
  };
  return {
    server,
    access: { url: server.url, secret },
    homes: {
      docker: await homeOf(dockerClient(engine.address)),
      skopeo: await homeOf(skopeo),
      oras: await homeOf(oras),
    },
    random: randomFrom(seed),
    figures: { ...NO_FIGURES },
    violations: [],
    images: new Set(),
    gone: new Set(),
  };
}

await runProgram({
  title: "Crash",
  help: HELP,
  defaults: { rounds: 20, seed: 1 },
  run: async ({ rounds, seed }, stack) => {
    const world = await openWorld(stack, seed);
    for (let round = 1; round <= rounds; round++) await playRound(world, round);
    await pullAll(world, [...world.images], "at the end");
    const { figures, violations } = world;
    if (figures.killsInPushes === 0) violations.push("no kill came while anything was pushed");
    return { figures, violations };
  },
});
