import { inject } from "vitest";
import * as z from "zod";

const created = z.object({
  id: z.string(),
  secret: z.string().optional(),
  identity: z.object({ issuer: z.string(), subject: z.string() }),
});

const targets = z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })) });

const delivery = z.object({
  id: z.string(),
  target: z.string(),
  tag: z.string().nullable(),
  status: z.string(),
  reason: z.string().nullable(),
});

const deliveries = z.object({ items: z.array(delivery) });
const deployed = z.object({ items: z.array(z.object({ target: z.string(), tag: z.string(), digest: z.string() })) });
const attempts = z.object({ attempts: z.array(z.object({ outcome: z.string(), detail: z.string() })) });

export type ListedDelivery = z.infer<typeof delivery>;

/** The management API, as far as deploying on push needs it. */
export interface Deployment {
  readonly target: (body: object) => Promise<z.infer<typeof created>>;
  readonly targets: () => Promise<z.infer<typeof targets>["items"]>;
  readonly trigger: (match: object, target: string) => Promise<void>;
  /** Returns the deliveries, newest first. */
  readonly deliveries: () => Promise<readonly ListedDelivery[]>;
  readonly deployed: () => Promise<z.infer<typeof deployed>["items"]>;
  readonly attempts: (delivery: string) => Promise<z.infer<typeof attempts>["attempts"]>;
}

export function deploymentOf(space: string): Deployment {
  const manage = async (method: string, path: string, body?: object): Promise<unknown> => {
    const { url, adminToken } = inject("registry");
    const answer = await fetch(`${url}/api/v1/spaces/${space}/${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const content = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${content}`);
    return JSON.parse(content);
  };
  return {
    target: async (body) => created.parse(await manage("POST", "targets", { name: "hook", ...body })),
    targets: async () => targets.parse(await manage("GET", "targets")).items,
    trigger: async (match, target) => {
      await manage("POST", "triggers", { name: "releases", match, targets: [target] });
    },
    deliveries: async () => deliveries.parse(await manage("GET", "deliveries")).items,
    deployed: async () => deployed.parse(await manage("GET", "deployed")).items,
    attempts: async (id) => attempts.parse(await manage("GET", `deliveries/${id}`)).attempts,
  };
}
