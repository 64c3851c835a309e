import { z } from "zod";
import { confirm } from "../input/prompt.ts";
import { YES_OPTION, yesInput } from "../input/options.ts";
import type { DeliveryDetail } from "../management/operations.ts";
import { age, shortDigest } from "../output/words.ts";
import { deliveryNames, type DeliveryNames } from "./delivery-filter.ts";
import { spaceCommand } from "./shapes.ts";

export const redeliver = spaceCommand({
  name: "redeliver",
  summary: "Send deliveries again, each under its own id",
  description:
    "It deploys at once, also over something newer. So it says first what would run in place of what, and asks.",
  examples: ["deliveries redeliver dlv_0193…", "deliveries redeliver dlv_0193… --yes"],
  arguments: { "<deliveries...>": "their ids" },
  options: YES_OPTION,
  input: yesInput.extend({ deliveries: z.array(z.string()) }),
  run: async (scene, { deliveries: ids, yes }) => {
    const { management, space, output, context } = scene;
    const names = await deliveryNames(scene);
    const found: DeliveryDetail[] = [];
    for (const id of ids) found.push(await management.call("getDelivery", { path: { space, id } }));
    const changes = found.flatMap((delivery) => changesBy(delivery, names));
    await confirm(context, { question: `${changes.join("\n")}\n${questionFor(ids)}`, yes });
    for (const id of ids) {
      const delivery = await management.call("redeliver", { path: { space, id } });
      output.show(delivery, () => `${id} will be sent again`);
    }
    output.note(`See what comes of it: spacedock deliveries tail --follow --space ${space}`);
  },
});

function questionFor(ids: readonly string[]): string {
  return ids.length === 1 ? `Send ${ids[0]} again?` : `Send these ${ids.length} deliveries again?`;
}

type Redelivery = DeliveryDetail["redelivery"][number];

/** What would run instead of what, a sentence for each repository. */
function changesBy({ id, target, redelivery }: DeliveryDetail, names: DeliveryNames): readonly string[] {
  const name = names.target(target);
  if (redelivery.length === 0) return [`${name} is told again of what ${id} is about.`];
  return redelivery.map((one) => changeOf(one, name));
}

function changeOf({ repository, tag, digest, deploys, followed, current }: Redelivery, target: string): string {
  const image = imageOf(repository, tag, digest);
  if (!deploys) return `${target} only notifies: it is told again of ${image}.`;
  const would = followed ? `${target} would run ${image}` : `${target} would be told to deploy ${image}`;
  if (current === null) return `${would}. It is not known to have anything else of ${repository}.`;
  const since = age(current.deployedAt);
  if (current.digest === digest) return `${would} again: it is what it was given last, ${since}.`;
  return `${would} in place of ${imageOf(repository, current.tag, current.digest)}, which it was given ${since}.`;
}

function imageOf(repository: string, tag: string, digest: string): string {
  return `${repository}:${tag} (${shortDigest(digest)})`;
}
