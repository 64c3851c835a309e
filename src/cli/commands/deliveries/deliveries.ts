import * as z from "zod";
import { defineGroup } from "../../command.ts";
import { LIMIT_OPTION, limitInput } from "../../input/options.ts";
import type { Delivery, DeliveryDetail } from "../../../contract/operations.ts";
import { fields } from "../../output/fields.ts";
import type { Output } from "../../output/output.ts";
import type { Style } from "../../output/style.ts";
import { age, ageOrUntil, coloured, plural } from "../../output/words.ts";
import { tail } from "./delivery-tail.ts";
import { deliveryNames, type DeliveryNames, FILTER_OPTIONS, filterInput, filterOf } from "./delivery-filter.ts";
import { redeliver } from "./redeliver.ts";
import { type Columns, pageQuery, showList, spaceCommand, tableOf } from "../../managed/shapes.ts";

const DEFAULT_LIMIT = 20;

const columns = (style: Style, names: DeliveryNames): Columns<Delivery> => ({
  delivery: ({ id }) => id,
  created: ({ createdAt }) => age(createdAt),
  reference: (delivery) => referenceOf(delivery),
  target: ({ target }) => names.target(target),
  status: ({ status }) => coloured(status, style),
});

/** Formats the reason: "releases, 8 attempts: it answered 500: out of order". */
const whyOf =
  (names: DeliveryNames) =>
  ({ trigger, attempts, reason }: Delivery): string =>
    `${names.trigger(trigger)}, ${plural(attempts, "attempt")}${reason === null ? "" : `: ${reason}`}`;

const list = spaceCommand({
  name: "list",
  summary: "List a space's deliveries, newest first",
  examples: ["deliveries list --space acme", "deliveries list --status failed --target hook"],
  options: { ...FILTER_OPTIONS, ...LIMIT_OPTION },
  input: filterInput.extend(limitInput.shape),
  run: async (scene, { limit = DEFAULT_LIMIT, ...filter }) => {
    const { management, space, output } = scene;
    const query = { ...(await filterOf(scene, filter)), ...pageQuery(limit) };
    const deliveries = management.list("listDeliveries", { path: { space }, query });
    const names = await deliveryNames(scene);
    const shape = { limit, none: "no matching deliveries", detail: whyOf(names) };
    await showList(scene, deliveries, columns(output.style, names), shape);
  },
});

const ID = { "<delivery>": "the delivery's id" } as const;

const show = spaceCommand({
  name: "show",
  summary: "Show a delivery with every attempt",
  examples: ["deliveries show dlv_0193…"],
  arguments: ID,
  input: z.object({ delivery: z.string() }),
  run: async (scene, { delivery: id }) => {
    const { management, space, output } = scene;
    const delivery = await management.call("getDelivery", { path: { space, id } });
    const names = await deliveryNames(scene);
    output.show(delivery, () => described(delivery, names, output));
    if (delivery.status === "failed")
      output.note(`Once the target works again, send it again: spacedock deliveries redeliver ${id}`);
  },
});

const cancel = spaceCommand({
  name: "cancel",
  summary: "Cancel deliveries that are pending or running",
  examples: ["deliveries cancel dlv_0193…"],
  arguments: { "<deliveries...>": "the deliveries' ids" },
  input: z.object({ deliveries: z.array(z.string()) }),
  run: async ({ management, space, output }, { deliveries: ids }) => {
    for (const id of ids) {
      const delivery = await management.call("cancelDelivery", { path: { space, id } });
      output.show(delivery, () => `canceled ${id}`);
    }
  },
});

type Attempt = DeliveryDetail["attempts"][number];

const attemptColumns = (style: Style): Columns<Attempt> => ({
  attempt: ({ number }) => String(number),
  when: ({ at }) => age(at),
  outcome: ({ outcome }) => coloured(outcome, style),
  status: ({ status }) => String(status ?? "-"),
  time: ({ milliseconds }) => `${milliseconds} ms`,
  answer: ({ detail }) => detail.replaceAll(/\s+/g, " "),
});

function described(delivery: DeliveryDetail, names: DeliveryNames, { style, width }: Output): string {
  const { id, event, trigger, target, status, reason, nextAttemptAt, createdAt, finishedAt, attempts } = delivery;
  const head = fields(
    {
      delivery: id,
      reference: referenceOf(delivery),
      event,
      trigger: names.trigger(trigger),
      target: names.target(target),
      status: coloured(status, style),
      reason,
      "next attempt": nextAttemptAt === null ? null : ageOrUntil(nextAttemptAt),
      created: age(createdAt),
      finished: finishedAt === null ? null : age(finishedAt),
    },
    width,
  );
  return attempts.length === 0 ? head : `${head}\n\n${tableOf(attempts, attemptColumns(style), { width })}`;
}

function referenceOf({ repository, tag }: Pick<Delivery, "repository" | "tag">): string {
  return tag === null ? repository : `${repository}:${tag}`;
}

export const deliveries = defineGroup("deliveries", "Show, follow, resend and cancel deliveries", [
  list,
  show,
  tail,
  redeliver,
  cancel,
]);
