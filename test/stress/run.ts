/** `npm run stress`: pushes, pulls and deletions while collection runs. See HELP. */
import { randomBytes } from "node:crypto";
import { blobOf } from "../../harness/live/image.ts";
import { type Findings, runProgram } from "../../harness/live/program.ts";
import { type OwnServer, startOwnServer } from "../../harness/live/server.ts";
import { keepFor, runUpkeep, runUpkeepToRest, violationsOf } from "../../harness/live/upkeep.ts";
import { randomFrom } from "../support/random.ts";
import { change, deleteOne, pullAll, pullOne, repeatUntil } from "./load.ts";
import { NO_FIGURES, type Repository, type World } from "./world.ts";

const HELP = `npm run stress -- [--seconds <n>] [--grace <seconds>] [--seed <n>] [--json <file>]

Pushes, pulls and deletes images of a few shared blobs on a local server, with upkeep running all the while and a grace of
seconds, and checks that

  every pull of an image that was acknowledged, and that nobody has begun to delete, brings every byte of it,
  no push is refused within the grace; one that takes longer is begun anew,
  upkeep then leaves no object without a row and no row without an object.

  --seconds <n>  of load (300)
  --grace <n>    seconds that what nothing needs is kept, whatever it is (4)
  --seed <n>     of what is chosen at random (1); in which order is up to the machine
  --json <file>  writes the findings there too

Ends with 1 when anything is violated. Leave src/ alone meanwhile: a change restarts the server.`;

const CHANGERS = 4;
const PULLERS = 3;
const SPACES = ["stress-a", "stress-b"];
const PATHS = ["one", "two", "three"];

/** Numbers of blobs by their bytes. Some are larger than a part of R2's. */
const BLOBS = [
  { size: 2000, count: 20 },
  { size: 100_000, count: 20 },
  { size: 6_000_000, count: 2 },
];

async function openSpace(server: OwnServer, space: string): Promise<readonly Repository[]> {
  await server.createSpace(space);
  const secret = await server.createToken(space, { actions: ["pull", "push", "delete"] });
  return PATHS.map((path, index) => ({
    name: `${space}/${path}`,
    sibling: `${space}/${PATHS[(index + 1) % PATHS.length]}`,
    access: { url: server.url, secret },
  }));
}

async function openWorld(server: OwnServer, grace: number, seed: number): Promise<World> {
  const repositories: Repository[] = [];
  for (const space of SPACES) repositories.push(...(await openSpace(server, space)));
  return {
    grace,
    random: randomFrom(seed),
    repositories,
    blobs: BLOBS.flatMap(({ size, count }) =>
      Array.from({ length: count }, () => blobOf(new Uint8Array(randomBytes(size)))),
    ),
    live: new Set(),
    gone: new Set(),
    figures: { ...NO_FIGURES },
    violations: [],
  };
}

async function load(world: World, server: OwnServer, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  const { figures } = world;
  const upkeep = async (): Promise<void> => {
    const begun = Date.now();
    await runUpkeep(server);
    figures.upkeepRuns += 1;
    figures.longestUpkeepMs = Math.max(figures.longestUpkeepMs, Date.now() - begun);
  };
  const actions = [
    ...Array.from({ length: CHANGERS }, () => () => change(world)),
    ...Array.from({ length: PULLERS }, () => () => pullOne(world)),
    upkeep,
  ];
  await Promise.all(actions.map((action) => repeatUntil(world, end, action)));
}

async function stress(
  { seconds, grace, seed }: Readonly<Record<"seconds" | "grace" | "seed", number>>,
  stack: AsyncDisposableStack,
): Promise<Findings> {
  const server = await startOwnServer(keepFor(grace));
  stack.defer(() => server.stop());
  const world = await openWorld(server, grace * 1000, seed);
  const { figures, violations } = world;
  await load(world, server, seconds);
  await pullAll(world, "after the load");
  // Makes sure that there is something to collect, even on a slow machine.
  for (let left = world.live.size / 2; left > 0; left--) await deleteOne(world);
  // Waits for two graces: first links go, then the blobs that lost their last link.
  const rest = await runUpkeepToRest(server, grace * 1000);
  violations.push(...violationsOf(rest));
  figures.objectsDeleted = rest.state.deleted;
  if (figures.imagesPushed === 0) violations.push("nothing was pushed");
  if (figures.objectsDeleted === 0) violations.push("nothing was collected");
  await pullAll(world, "after upkeep came to rest");
  return { figures, violations };
}

await runProgram({ title: "Stress", help: HELP, defaults: { seconds: 300, grace: 4, seed: 1 }, run: stress });
