import * as z from "zod";
import { authorizeQuota } from "../auth/authorize.ts";
import { installation, space } from "../guard.ts";
import type { Space } from "../management/stores.ts";
import { RegistryError } from "../oci/errors.ts";
import { isSpaceName } from "../oci/name.ts";
import { isNamespace } from "../oci/namespace.ts";
import { nearLimit } from "../registry/usage.ts";
import { noteInInstallation, noteInSpace } from "./activity.ts";
import { isoTime, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { changesSomething, immutableTags, isPublic, listOf, pageQuery, SOMETHING, time } from "./shapes.ts";

const spaceName = z
  .string()
  .max(63)
  .refine(isSpaceName, "lower-case letters and digits, separated by '.', '_', '__' or dashes; 63 characters at most")
  .meta({ description: "The first component of its repositories' names.", examples: ["acme"] });

const namespaces = z
  .array(
    z
      .string()
      .max(260)
      .refine(isNamespace, "a registry's host, for example docker.io: lower-case, with its port if it has one"),
  )
  .max(20)
  .transform((hosts) => [...new Set(hosts)])
  .meta({
    description:
      "Registries that the space stands for: a request for `acme/web` with `?ns=docker.io`, as containerd asks a mirror, is then answered from the space's own `acme/web`, otherwise with 404.",
  });

const limit = z.int().nonnegative().nullable();
const limits = {
  bytes: limit.meta({ description: "The most bytes that it may store, counted as in `usage`; null: no limit." }),
  repositories: limit.meta({ description: "The most repositories that it may have; null: no limit." }),
};
const quotaChanges = z
  .strictObject({ bytes: limits.bytes.optional(), repositories: limits.repositories.optional() })
  .refine(changesSomething, SOMETHING)
  .meta({
    description:
      "Only ADMIN_TOKEN can set it. A limit below the current usage deletes nothing, but stops further pushes.",
  });

const spaceChanges = z
  .strictObject({
    public: isPublic.optional(),
    immutableTags: immutableTags.optional(),
    namespaces: namespaces.optional(),
    quota: quotaChanges.optional(),
  })
  .refine(changesSomething, SOMETHING);
const spaceOutput = z
  .object({
    name: spaceName,
    public: z.boolean(),
    immutableTags,
    namespaces: z
      .array(z.string())
      .optional()
      .meta({ description: "Registries that it stands for. Older registries leave it out." }),
    usage: z.object({ bytes: z.int(), repositories: z.int() }).meta({
      description: "A blob counts in each repository that has it; deleted repositories do not count.",
    }),
    quota: z.object(limits),
    nearLimit: z.boolean().meta({ description: "True at 90 % of a limit or more." }),
    createdAt: time,
  })
  .meta({ id: "Space" });

export const createSpace = defineOperation({
  id: "createSpace",
  method: "POST",
  path: "/api/v1/spaces",
  guard: installation,
  summary: "Create a space",
  body: z.strictObject({ name: spaceName, public: z.boolean().default(false) }),
  answer: spaceOutput,
  made: ({ name }) => name,
  async run(call) {
    const { body, registry } = call;
    const created = await registry.management.spaces.create(call.grant, body.name, body.public);
    if (created === null) throw new RegistryError("SPACE_EXISTS");
    await noteInInstallation(call, "space.created", { name: created.name, detail: { public: created.public } });
    return view(created);
  },
});

export const listSpaces = defineOperation({
  id: "listSpaces",
  method: "GET",
  path: "/api/v1/spaces",
  guard: installation,
  summary: "List the spaces",
  query: pageQuery,
  answer: listOf(spaceOutput),
  async run({ query, registry, grant }) {
    return listAnswer(await registry.management.spaces.list(grant, pageRequest(query)), view, ({ name }) => name);
  },
});

export const getSpace = defineOperation({
  id: "getSpace",
  method: "GET",
  path: "/api/v1/spaces/:space",
  guard: space,
  summary: "Show a space",
  answer: spaceOutput,
  async run({ registry, grant }) {
    return view(await registry.management.spaces.find(grant));
  },
});

export const updateSpace = defineOperation({
  id: "updateSpace",
  method: "PATCH",
  path: "/api/v1/spaces/:space",
  guard: space,
  summary: "Change a space: who may pull, which tags are immutable, which registries it stands for, and its limits",
  body: spaceChanges,
  answer: spaceOutput,
  async run(call) {
    const { body: changes, registry, grant } = call;
    if (changes.quota !== undefined) authorizeQuota(grant);
    const updated = await registry.management.spaces.update(grant, changes);
    await noteInSpace(call, "space.changed", { name: updated.name, detail: changes });
    return view(updated);
  },
});

export const deleteSpace = defineOperation({
  id: "deleteSpace",
  method: "DELETE",
  path: "/api/v1/spaces/:space",
  guard: space,
  summary: "Delete a space with its repositories, and revoke its tokens",
  async run(call) {
    const { registry, grant } = call;
    await registry.management.spaces.delete(grant);
    registry.endDeadUploads();
    // The space's own activity disappears with it.
    await noteInInstallation(call, "space.deleted", { name: grant.space });
  },
});

type SpaceAnswer = Answer<typeof spaceOutput>;

function view(found: Space): SpaceAnswer {
  const { name, immutableTags: tags, namespaces: hosts, createdAt } = found;
  const { quota, bytes, repositories } = found.usage;
  return {
    name,
    public: found.public,
    immutableTags: tags,
    namespaces: hosts,
    usage: { bytes, repositories },
    quota,
    nearLimit: nearLimit(found.usage) !== null,
    createdAt: isoTime(createdAt),
  };
}
