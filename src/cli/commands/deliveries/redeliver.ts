import * as z from "zod";
import { confirm } from "../../input/prompt.ts";
import { YES_OPTION, yesInput } from "../../input/options.ts";
import type { DeliveryDetail } from "../../../contract/operations.ts";
import { age, shortDigest } from "../../output/words.ts";
import { deliveryNames, type DeliveryNames } from "./delivery-filter.ts";
import { spaceCommand } from "../../managed/shapes.ts";

export const redeliver = spaceCommand({
  name: "redeliver",
  summary: "Send deliveries again, each under its own id",
  description:
    "A redelivery deploys at once, even over something newer. The command first shows what would run instead of what, and asks.",
  examples: ["deliveries redeliver dlv_0193…", "deliveries redeliver dlv_0193… --yes"],
  arguments: { "<deliveries...>": "the deliveries' ids" },
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
      output.show(delivery, () => `sending ${id} again`);
    }
    output.note(`Follow the result: spacedock deliveries tail --follow --space ${space}`);
  },
});

function questionFor(ids: readonly string[]): string {
  return ids.length === 1 ? `Send ${ids[0]} again?` : `Send these ${ids.length} deliveries again?`;
}

type Redelivery = DeliveryDetail["redelivery"][number];

/** Describes the change in what runs, in a sentence for each repository. */
function changesBy({ id, target, redelivery }: DeliveryDetail, names: DeliveryNames): readonly string[] {
  const name = names.target(target);
  if (redelivery.length === 0) return [`${name} is sent ${id} again.`];
  return redelivery.map((one) => changeOf(one, name));
}

function changeOf({ repository, tag, digest, deploys, followed, current }: Redelivery, target: string): string {
  const image = imageOf(repository, tag, digest);
  if (!deploys) return `${target} only notifies; it is notified of ${image} again.`;
  const would = followed ? `${target} would run ${image}` : `${target} would be told to deploy ${image}`;
  if (current === null) return `${would}. Nothing else of ${repository} is known to run there.`;
  const since = age(current.deployedAt);
  if (current.digest === digest) return `${would} again; that is what it received last, ${since}.`;
  return `${would} instead of ${imageOf(repository, current.tag, current.digest)}, which it received ${since}.`;
}

function imageOf(repository: string, tag: string, digest: string): string {
  return `${repository}:${tag} (${shortDigest(digest)})`;
}
