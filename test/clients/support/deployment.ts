import { inject } from "vitest";
import { z } from "zod";

const created = z.object({ id: z.string(), secret: z.string().optional() });
const deliveries = z.object({ items: z.array(z.object({ id: z.string(), status: z.string() })) });

/** The management API, as far as deploying on push needs it. */
export interface Deployment {
  readonly target: (body: object) => Promise<z.infer<typeof created>>;
  readonly trigger: (match: object, target: string) => Promise<void>;
  readonly deliveries: () => Promise<z.infer<typeof deliveries>["items"]>;
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
    trigger: async (match, target) => {
      await manage("POST", "triggers", { name: "releases", match, targets: [target] });
    },
    deliveries: async () => deliveries.parse(await manage("GET", "deliveries")).items,
  };
}
