import { expect, it } from "vitest";
import { type Act, type ActKind, ACTS, SOURCE } from "./acts.ts";
import { type Before, expectNothingLost } from "./at-once.ts";
import { IMAGES } from "./content.ts";
import { SETTINGS, TIME_LIMIT } from "./settings.ts";

/** The places at which one operation can be held up while another runs from beginning to end. */

interface Pair {
  readonly held: ActKind;
  readonly between: ActKind;
}

const PAIRS: readonly Pair[] = SETTINGS.thorough
  ? ACTS.flatMap((held) => ACTS.map((between) => ({ held, between })))
  : [{ held: "push", between: "upkeep" }];

const [image, other] = IMAGES;

function act(kind: ActKind, repository = "north/web", what = image): Act {
  if (what === undefined) throw new Error("there is no image");
  return { kind, repository, image: what };
}

/** A blob of the image that nothing needs and that is due to go, and the whole image elsewhere, to mount from. */
const BEFORE: Before = { acts: [act("blob"), act("push", SOURCE)], runs: 1 };

/** An image that was deleted and lost its tag to another, both of which can be undone; and an untagged one that is due to go. */
const UNDONE: Before = {
  acts: [
    act("retain"),
    act("push"),
    act("push", SOURCE),
    act("push", SOURCE, other),
    act("unpush"),
    act("push", undefined, other),
  ],
  runs: 2,
};
const UNDO: ReadonlySet<ActKind> = new Set(["undelete", "revert", "retain"]);

it.each(PAIRS)(
  "$held, held up before any of its calls while $between runs, loses nothing",
  { timeout: TIME_LIMIT },
  async ({ held, between }) => {
    let calls = 0;
    for (let at = 0; at <= calls; at += SETTINGS.stride) {
      calls = 0;
      await expectNothingLost(
        UNDO.has(held) || UNDO.has(between) ? UNDONE : BEFORE,
        [act(held), act(between)],
        (waiting) => {
          const goesOn = waiting.includes(0) && (calls < at || !waiting.includes(1));
          if (goesOn) calls += 1;
          return goesOn ? 0 : 1;
        },
      );
    }
    expect(calls).toBeGreaterThan(0);
  },
);
