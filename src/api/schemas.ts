import { z } from "zod";
import { CREDENTIAL_ACTIONS } from "../auth/credential.ts";
import { isNamespace } from "../oci/namespace.ts";
import { isSpaceName } from "../oci/name.ts";
import { givenName } from "../oci/plain-text.ts";
import { DAMAGES } from "../registry/damage.ts";
import { CONTENT_KINDS } from "../registry/management.ts";
import { givenRepositoryPatterns } from "../oci/repository-pattern.ts";
import { tagPatterns } from "../oci/tag-patterns.ts";

/** What comes in is strict: an unknown field is refused, not ignored (mass assignment). */

const MAX_LIFETIME = 10 * 366 * 86_400;

const spaceName = z
  .string()
  .max(63)
  .refine(isSpaceName, "lower-case letters and digits, separated by '.', '_', '__' or dashes; 63 characters at most")
  .meta({ description: "The first component of its repositories' names.", examples: ["acme"] });

export const time = z.iso.datetime();

export const spaceInput = z.strictObject({ name: spaceName, public: z.boolean().default(false) });

const isPublic = z.boolean().meta({ description: "Whether anybody may pull, without logging in." });
const immutableTags = tagPatterns.meta({
  description:
    "Tags that no push, deletion, retention or undo moves or takes. `*` stands for any characters, `?` for any one; `!` in front excludes.",
});
const ownImmutableTags = immutableTags.nullable().meta({ description: "Likewise; null: as its space has it." });

const namespaces = z
  .array(
    z
      .string()
      .max(260)
      .refine(
        isNamespace,
        "a registry's host as clients name it, as in docker.io: lower-case, with its port if it has one",
      ),
  )
  .max(20)
  .transform((hosts) => [...new Set(hosts)])
  .meta({
    description:
      "Registries that the space stands for: a request for `acme/web` with `?ns=docker.io`, as containerd asks a mirror, is then answered from the space's own `acme/web`, and otherwise 404.",
  });

export const SOMETHING = "name something to change";
const changesSomething = (changes: object): boolean => Object.keys(changes).length > 0;

const limit = z.int().nonnegative().nullable();
const limits = {
  bytes: limit.meta({ description: "The most bytes that it may have, as `usage` counts them; null: any number." }),
  repositories: limit.meta({ description: "The most repositories that it may have; null: any number." }),
};
const quotaChanges = z
  .strictObject({ bytes: limits.bytes.optional(), repositories: limits.repositories.optional() })
  .refine(changesSomething, SOMETHING)
  .meta({
    description: "Set with ADMIN_TOKEN alone. Limits below what is there take nothing: they keep more from coming.",
  });

export const spaceChanges = z
  .strictObject({
    public: isPublic.optional(),
    immutableTags: immutableTags.optional(),
    namespaces: namespaces.optional(),
    quota: quotaChanges.optional(),
  })
  .refine(changesSomething, SOMETHING);
export const repositoryChanges = z
  .strictObject({ public: isPublic.optional(), immutableTags: ownImmutableTags.optional() })
  .refine(changesSomething, SOMETHING);

export const spaceOutput = z
  .object({
    name: spaceName,
    public: z.boolean(),
    immutableTags,
    namespaces: z
      .array(z.string())
      .optional()
      .meta({ description: "Registries that it stands for. A registry of an earlier version does not say." }),
    usage: z.object({ bytes: z.int(), repositories: z.int() }).meta({
      description: "A blob counts in each of its repositories that links it, a deleted repository no longer.",
    }),
    quota: z.object(limits),
    nearLimit: z.boolean().meta({ description: "It has 90 % of a limit, or more." }),
    createdAt: time,
  })
  .meta({ id: "Space" });

export const tokenInput = z.strictObject({
  name: givenName,
  actions: z
    .array(z.enum(CREDENTIAL_ACTIONS))
    .min(1)
    .max(CREDENTIAL_ACTIONS.length)
    .transform((actions) => [...new Set(actions)])
    .meta({ description: "`admin` manages the space by this API; a push needs both pull and push." }),
  repositories: givenRepositoryPatterns,
  expiresIn: z
    .int()
    .min(60)
    .max(MAX_LIFETIME)
    .optional()
    .meta({ description: "Seconds; without it, the token does not expire, or with the token that makes it." }),
});

export const tokenOutput = z
  .object({
    id: z.string(),
    name: z.string(),
    actions: z.array(z.enum(CREDENTIAL_ACTIONS)),
    repositories: z.array(z.string()),
    createdAt: time,
    createdBy: z.object({ id: z.string(), name: z.string() }).nullable().optional().meta({
      description: "The token or administrator that made it. A token makes tokens that may do no more than itself.",
    }),
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().meta({ description: "To the hour." }),
  })
  .meta({ id: "Token" });

export const revocationQuery = z.strictObject({
  descendants: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .meta({ description: "Revoke what it made too, and what that made." }),
});

export const newTokenOutput = tokenOutput
  .extend({
    token: z.string().meta({ description: "The password for `docker login`, with any user name. Shown this once." }),
  })
  .meta({ id: "NewToken" });

export const whoamiOutput = z
  .object({
    kind: z
      .enum(["token", "installation"])
      .meta({ description: "`installation`: ADMIN_TOKEN, which manages all spaces and neither pulls nor pushes." }),
    space: z.string().nullable().meta({ description: "The space that the token is for." }),
    token: tokenOutput.pick({ id: true, name: true, actions: true, repositories: true, expiresAt: true }).nullable(),
  })
  .meta({ id: "Whoami" });

export const repositoryOutput = z
  .object({
    name: z.string().meta({ description: "The path within the space." }),
    fullName: z.string().meta({ description: "As clients name it, after the host." }),
    public: z.boolean(),
    immutableTags: ownImmutableTags,
    createdAt: time,
    bytes: z.int().meta({ description: "Of the blobs that it links and of its manifests." }),
    tags: z.int(),
    pushedAt: time.nullable().meta({ description: "When one of its tags was set last; null: it has none." }),
    pulledAt: time
      .nullable()
      .meta({ description: "When something was pulled from it last, to the day; null: not since it was made." }),
  })
  .meta({ id: "Repository" });

export const contentSize = z.int().meta({
  description: "Bytes of the manifest and of all that it needs; what several platforms share counts for each.",
});

export const tagOutput = z
  .object({
    name: z.string(),
    digest: z.string(),
    mediaType: z.string(),
    artifactType: z.string().nullable(),
    platforms: z.array(z.string()).meta({
      description:
        "As `linux/amd64`. That of an image which is no index is read from its config, seconds after the push.",
    }),
    size: z.int().meta({ description: "Bytes of the manifest." }),
    contentSize,
    createdAt: time,
    updatedAt: time,
    pulledAt: time.nullable().meta({
      description:
        "When it, or its manifest by digest or another tag, was last pulled, to the day; null: not since it was made.",
    }),
    pushedBy: z
      .object({ id: z.string(), name: z.string() })
      .nullable()
      .meta({ description: "The token that set it; `administrator` is the installation's." }),
    deployed: z
      .array(
        z.object({
          target: z.string(),
          name: z.string(),
          at: time,
          current: z.boolean().meta({ description: "The target was given nothing else of the repository since." }),
          followed: z.boolean().meta({
            description:
              "True: the target was followed to its end, so it runs what it was given. False: all that is known is that it was told.",
          }),
        }),
      )
      .meta({
        description: "The targets that its manifest was delivered to, under this tag or another; the last first.",
      }),
    signed: z.boolean().meta({ description: "A signature is there. The registry does not verify it." }),
    immutable: z.boolean().meta({ description: "It neither moves nor goes." }),
  })
  .meta({ id: "Tag" });

/** Tags in one request: each is looked at in the transaction that deletes them. */
const MAX_TAGS = 1000;

export const tagsDeletionInput = z.strictObject({
  repository: z.string().max(255).meta({ description: "The path within the space, as in `web/api`." }),
  tags: z.array(z.string().max(128)).min(1).max(MAX_TAGS),
  keepManifests: z
    .boolean()
    .default(false)
    .meta({ description: "Leave manifests that are left without a tag, with what only they need, where they are." }),
  dryRun: z.boolean().default(false).meta({ description: "Only say what would go." }),
});

export const tagsDeletionOutput = z
  .object({
    repository: z.string(),
    tags: z.array(z.object({ name: z.string(), digest: z.string() })).meta({ description: "Those that go." }),
    immutable: z.array(z.string()).meta({ description: "Those that stay, since they are immutable." }),
    absent: z.array(z.string()).meta({ description: "Those that are not there." }),
    manifests: z
      .array(z.object({ digest: z.string(), mediaType: z.string(), size: z.int() }))
      .meta({ description: "Those that go with them: left without a tag, and needed by nothing that stays." }),
    bytes: z.int().meta({ description: "That come back, some time after `until`." }),
    until: time.meta({ description: "When it can no longer be undone." }),
  })
  .meta({ id: "TagsDeletion" });

export const damagedOutput = z
  .object({
    kind: z.enum(CONTENT_KINDS),
    digest: z.string(),
    repository: z.string(),
    size: z.int().meta({ description: "Bytes that it should have." }),
    damage: z
      .enum(DAMAGES)
      .meta({ description: "`missing`: the object is gone. `corrupt`: its bytes have another digest." }),
    since: time.meta({ description: "When it was found." }),
    tags: z.array(z.string()).meta({ description: "Ten of the tags that need it, at most." }),
  })
  .meta({ id: "Damaged" });

const TAG_ORDERS = ["name", "newest"] as const;

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(300).optional().meta({ description: "`next` of the page before." }),
});

export const tagsQuery = pageQuery.extend({
  order: z.enum(TAG_ORDERS).default("name").meta({ description: "`newest`: those that were set last come first." }),
});

/** A page of a list, and what its answer says beside it. */
export function listOf(item: z.ZodType, more: z.ZodRawShape = {}): z.ZodType {
  return z.object({
    ...more,
    items: z.array(item),
    next: z.string().nullable().meta({ description: "The next page's cursor; null on the last." }),
  });
}

export const problemOutput = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    errors: z.unknown().optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457." });
