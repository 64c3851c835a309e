import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { duration } from "../../input/duration.ts";
import type { Delivery } from "../../../contract/operations.ts";
import type { Output } from "../../output/output.ts";
import { visibleLine } from "../../output/visible.ts";
import { coloured } from "../../output/words.ts";
import { flow } from "../../output/wrap.ts";
import { deliveryNames, type DeliveryNames, FILTER_OPTIONS, filterInput, filterOf } from "./delivery-filter.ts";
import { spaceCommand, type SpaceScene } from "../../managed/shapes.ts";

/** The number of newest deliveries to watch; older ones hardly change. */
const WATCHED = 50;

export const tail = spaceCommand({
  name: "tail",
  summary: "Print the newest deliveries, and with --follow each change",
  description: "With --json, each line is a delivery. Press Ctrl-C to stop.",
  examples: ["deliveries tail --follow", "deliveries tail --follow --target hook --json"],
  options: {
    ...FILTER_OPTIONS,
    "-f, --follow": "keep running, and print a line for each change",
    "-n, --lines <count>": "number of deliveries to begin with (default: 10)",
    "--every <time>": "how often to check (default: 2s)",
  },
  input: filterInput.extend({
    follow: z.boolean().default(false),
    lines: z.coerce.number().int().min(0).max(WATCHED).default(10),
    every: duration.prefault("2s"),
  }),
  run: async (scene, { follow, lines, every, ...filter }) => {
    const { context, output } = scene;
    const query = { ...(await filterOf(scene, filter)), limit: WATCHED };
    const names = await deliveryNames(scene);
    const say = (delivery: Delivery): void => output.show(delivery, () => linesOf(delivery, names, output));
    const first = await newest(scene, query);
    for (const delivery of first.slice(0, lines).toReversed()) say(delivery);
    if (!follow) return;
    for (let seen = first; ;) {
      await sleep(every, undefined, { signal: context.signal });
      const now = await newest(scene, query);
      for (const delivery of changesBetween(seen, now)) say(delivery);
      seen = now;
    }
  },
});

type Query = z.output<typeof filterInput> & { readonly limit: number };

async function newest({ management, space }: SpaceScene, query: Query): Promise<readonly Delivery[]> {
  const { items } = await management.call("listDeliveries", { path: { space }, query });
  return items;
}

/** Returns the deliveries that are new or have changed, oldest first. */
function changesBetween(before: readonly Delivery[], now: readonly Delivery[]): readonly Delivery[] {
  const known = new Map(before.map((delivery) => [delivery.id, stateOf(delivery)]));
  return now.filter((delivery) => known.get(delivery.id) !== stateOf(delivery)).toReversed();
}

function stateOf({ status, attempts, reason }: Delivery): string {
  return JSON.stringify([status, attempts, reason]);
}

/** Formats a change as one line if it fits the terminal; otherwise the rest stands below, indented. */
function linesOf(delivery: Delivery, names: DeliveryNames, { style, width }: Output): string {
  const { id, repository, tag, trigger, target, status, reason, createdAt, finishedAt } = delivery;
  const time = new Date(finishedAt ?? createdAt).toLocaleTimeString("en-GB");
  const what = tag === null ? repository : `${repository}:${tag}`;
  const way = `→ ${visibleLine(names.target(target))} (${visibleLine(names.trigger(trigger))})`;
  const why = reason === null ? [way] : [`${way}:`, visibleLine(reason)];
  const parts = [style.dim(time), coloured(status, style), what, ...why, style.dim(id)];
  return flow(parts, { width, gap: " ", indent: "    " }).join("\n");
}
