/** The management API, made by `npm run generate` from its OpenAPI document. Not to be edited. */
import * as z from "zod";
import { openEnum } from "./open-enum.ts";

const whoamiSchema = z.looseObject({
  kind: openEnum(["token", "installation"]),
  space: z.union([z.string(), z.null()]),
  token: z.union([
    z.looseObject({
      id: z.string(),
      name: z.string(),
      actions: z.array(openEnum(["pull", "push", "delete", "admin"])),
      repositories: z.array(z.string()),
      expiresAt: z.union([z.string(), z.null()]),
    }),
    z.null(),
  ]),
});
export type Whoami = z.infer<typeof whoamiSchema>;

const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
  errors: z.unknown().optional(),
});
export type Problem = z.infer<typeof problemSchema>;

const consoleSessionSchema = z.looseObject({
  registry: z.string(),
  session: z.union([
    z.looseObject({
      kind: openEnum(["token", "installation"]),
      space: z.union([z.string(), z.null()]),
      token: z.union([
        z.looseObject({
          id: z.string(),
          name: z.string(),
          actions: z.array(openEnum(["pull", "push", "delete", "admin"])),
          repositories: z.array(z.string()),
          expiresAt: z.union([z.string(), z.null()]),
        }),
        z.null(),
      ]),
      email: z.union([z.string(), z.null()]),
      may: z.array(openEnum(["manageInstallation", "manageSpace", "readSpace", "pull", "push", "delete"])),
      endsAt: z.string(),
    }),
    z.null(),
  ]),
  refusal: z.union([z.string(), z.null()]),
});
export type ConsoleSession = z.infer<typeof consoleSessionSchema>;

const spaceSchema = z.looseObject({
  name: z.string(),
  public: z.boolean(),
  immutableTags: z.array(z.string()),
  namespaces: z.array(z.string()).optional(),
  usage: z.looseObject({ bytes: z.number(), repositories: z.number() }),
  quota: z.looseObject({ bytes: z.union([z.number(), z.null()]), repositories: z.union([z.number(), z.null()]) }),
  nearLimit: z.boolean(),
  createdAt: z.string(),
});
export type Space = z.infer<typeof spaceSchema>;

const activitySchema = z.looseObject({
  id: z.string(),
  at: z.string(),
  actor: z.looseObject({ id: z.string(), name: z.string() }),
  action: z.string(),
  subject: z.union([z.string(), z.null()]),
  name: z.union([z.string(), z.null()]),
  repository: z.union([z.string(), z.null()]),
  reference: z.union([z.string(), z.null()]),
  detail: z.union([z.record(z.string(), z.unknown()), z.null()]),
});
export type Activity = z.infer<typeof activitySchema>;

const repositoryStorageSchema = z.looseObject({
  name: z.string(),
  bytes: z.number(),
  sharedBytes: z.number(),
  reclaimableBytes: z.number(),
});
export type RepositoryStorage = z.infer<typeof repositoryStorageSchema>;

const storageDaySchema = z.looseObject({ day: z.string(), bytes: z.number(), repositories: z.number() });
export type StorageDay = z.infer<typeof storageDaySchema>;

const collectableSchema = z.looseObject({
  repository: z.string(),
  digest: z.union([z.string(), z.null()]),
  bytes: z.number(),
  keptUntil: z.union([z.string(), z.null()]),
});
export type Collectable = z.infer<typeof collectableSchema>;

const newTokenSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  actions: z.array(openEnum(["pull", "push", "delete", "admin"])),
  repositories: z.array(z.string()),
  createdAt: z.string(),
  createdBy: z.union([z.looseObject({ id: z.string(), name: z.string() }), z.null()]).optional(),
  expiresAt: z.union([z.string(), z.null()]),
  lastUsedAt: z.union([z.string(), z.null()]),
  token: z.string(),
});
export type NewToken = z.infer<typeof newTokenSchema>;

const tokenSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  actions: z.array(openEnum(["pull", "push", "delete", "admin"])),
  repositories: z.array(z.string()),
  createdAt: z.string(),
  createdBy: z.union([z.looseObject({ id: z.string(), name: z.string() }), z.null()]).optional(),
  expiresAt: z.union([z.string(), z.null()]),
  lastUsedAt: z.union([z.string(), z.null()]),
});
export type Token = z.infer<typeof tokenSchema>;

const repositorySchema = z.looseObject({
  name: z.string(),
  fullName: z.string(),
  public: z.boolean(),
  immutableTags: z.union([z.array(z.string()), z.null()]),
  createdAt: z.string(),
  bytes: z.number(),
  tags: z.number(),
  pushedAt: z.union([z.string(), z.null()]),
  pulledAt: z.union([z.string(), z.null()]),
});
export type Repository = z.infer<typeof repositorySchema>;

const tagSchema = z.looseObject({
  name: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  artifactType: z.union([z.string(), z.null()]),
  platforms: z.array(z.string()),
  size: z.number(),
  contentSize: z.number(),
  createdAt: z.string(),
  updatedAt: z.string(),
  pulledAt: z.union([z.string(), z.null()]),
  pushedBy: z.union([z.looseObject({ id: z.string(), name: z.string() }), z.null()]),
  deployed: z.array(
    z.looseObject({
      target: z.string(),
      name: z.string(),
      at: z.string(),
      current: z.boolean(),
      followed: z.boolean(),
    }),
  ),
  signed: z.boolean(),
  immutable: z.boolean(),
});
export type Tag = z.infer<typeof tagSchema>;

const tagsDeletionSchema = z.looseObject({
  repository: z.string(),
  tags: z.array(z.looseObject({ name: z.string(), digest: z.string() })),
  immutable: z.array(z.string()),
  absent: z.array(z.string()),
  manifests: z.array(z.looseObject({ digest: z.string(), mediaType: z.string(), size: z.number() })),
  bytes: z.number(),
  until: z.string(),
});
export type TagsDeletion = z.infer<typeof tagsDeletionSchema>;

const manifestSchema = z.looseObject({
  digest: z.string(),
  mediaType: z.string(),
  size: z.number(),
  artifactType: z.union([z.string(), z.null()]),
  subject: z.union([z.string(), z.null()]),
  annotations: z.union([z.record(z.string(), z.string()), z.null()]),
  platforms: z.array(z.string()),
  contentSize: z.number(),
  tags: z.array(z.string()),
  hasMoreTags: z.boolean(),
  usedBy: z.array(z.looseObject({ digest: z.string(), mediaType: z.string(), tags: z.array(z.string()) })),
  attached: z.array(z.looseObject({ tag: z.string(), digest: z.string() })),
  attestations: z.array(
    z.looseObject({
      digest: z.string(),
      subject: z.string(),
      platform: z.union([z.string(), z.null()]),
      predicateTypes: z.array(z.string()),
    }),
  ),
  needs: z.array(
    z.looseObject({
      digest: z.string(),
      kind: z.union([openEnum(["blob", "manifest"]), z.null()]),
      size: z.union([z.number(), z.null()]),
      contentSize: z.union([z.number(), z.null()]),
      damage: z.union([openEnum(["missing", "corrupt"]), z.null()]),
      sharedWith: z.array(z.string()),
    }),
  ),
  pushedAt: z.string(),
  pulledAt: z.union([z.string(), z.null()]),
  damage: z.union([openEnum(["missing", "corrupt"]), z.null()]),
  raw: z.union([z.string(), z.null()]),
  config: z.union([
    z.looseObject({
      mediaType: z.string(),
      digest: z.string(),
      size: z.number(),
      json: z.unknown(),
      omitted: z.union([openEnum(["too-large", "too-deep", "not-text", "absent", "missing", "corrupt"]), z.null()]),
    }),
    z.null(),
  ]),
});
export type Manifest = z.infer<typeof manifestSchema>;

const referrerSchema = z.looseObject({
  digest: z.string(),
  mediaType: z.string(),
  size: z.number(),
  artifactType: z.union([z.string(), z.null()]),
  annotations: z.union([z.record(z.string(), z.string()), z.null()]),
});
export type Referrer = z.infer<typeof referrerSchema>;

const blobTextSchema = z.looseObject({
  digest: z.string(),
  size: z.union([z.number(), z.null()]),
  text: z.union([z.string(), z.null()]),
  omitted: z.union([openEnum(["too-large", "too-deep", "not-text", "absent", "missing", "corrupt"]), z.null()]),
});
export type BlobText = z.infer<typeof blobTextSchema>;

const damagedSchema = z.looseObject({
  kind: openEnum(["blob", "manifest"]),
  digest: z.string(),
  repository: z.string(),
  size: z.number(),
  damage: openEnum(["missing", "corrupt"]),
  since: z.string(),
  tags: z.array(z.string()),
});
export type Damaged = z.infer<typeof damagedSchema>;

const retentionRuleSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  repositories: z.array(z.string()),
  keep: z.looseObject({
    newest: z.number().optional(),
    newerThanDays: z.number().optional(),
    pulledWithinDays: z.number().optional(),
    tags: z.array(z.string()).optional(),
    previouslyDeployed: z.number(),
  }),
  enabled: z.boolean(),
  createdAt: z.string(),
});
export type RetentionRule = z.infer<typeof retentionRuleSchema>;

const retentionPreviewSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      repository: z.string(),
      tags: z.array(z.string()),
      manifests: z.array(z.string()),
      tagCount: z.number(),
      manifestCount: z.number(),
      bytes: z.number(),
      complete: z.boolean(),
    }),
  ),
  totals: z.looseObject({ repositories: z.number(), tags: z.number(), manifests: z.number(), bytes: z.number() }),
  next: z.union([z.string(), z.null()]),
});
export type RetentionPreview = z.infer<typeof retentionPreviewSchema>;

const tagChangeSchema = z.looseObject({
  id: z.string(),
  type: openEnum(["tag.created", "tag.updated", "tag.deleted"]),
  tag: z.string(),
  digest: z.string(),
  previousDigest: z.union([z.string(), z.null()]),
  actor: z.looseObject({ id: z.string(), name: z.string() }),
  at: z.string(),
  content: openEnum(["present", "deleted", "gone"]),
});
export type TagChange = z.infer<typeof tagChangeSchema>;

const deletedRepositorySchema = z.looseObject({
  name: z.string(),
  fullName: z.string(),
  deletedAt: z.string(),
  until: z.string(),
});
export type DeletedRepository = z.infer<typeof deletedRepositorySchema>;

const deletedManifestSchema = z.looseObject({
  digest: z.string(),
  mediaType: z.string(),
  size: z.number(),
  artifactType: z.union([z.string(), z.null()]),
  tags: z.array(z.string()),
  actor: z.looseObject({ id: z.string(), name: z.string() }),
  deletedAt: z.string(),
  until: z.string(),
});
export type DeletedManifest = z.infer<typeof deletedManifestSchema>;

const deletedTagSchema = z.looseObject({
  id: z.string(),
  type: openEnum(["tag.created", "tag.updated", "tag.deleted"]),
  tag: z.string(),
  digest: z.string(),
  previousDigest: z.union([z.string(), z.null()]),
  actor: z.looseObject({ id: z.string(), name: z.string() }),
  at: z.string(),
  content: openEnum(["present", "deleted", "gone"]),
  until: z.union([z.string(), z.null()]).optional(),
});
export type DeletedTag = z.infer<typeof deletedTagSchema>;

const targetTypeSchema = z.looseObject({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  settings: z.record(z.string(), z.unknown()),
  address: z.looseObject({
    required: z.boolean(),
    description: z.string(),
    example: z.string(),
    default: z.union([z.string(), z.null()]),
    secret: z.boolean(),
  }),
  secret: z.union([z.looseObject({ required: z.boolean(), title: z.string(), description: z.string() }), z.null()]),
  makesSecret: z.boolean(),
  followed: z.boolean(),
});
export type TargetType = z.infer<typeof targetTypeSchema>;

const newTargetSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  url: z.string(),
  config: z.unknown(),
  deploys: z.boolean(),
  hasSecret: z.boolean(),
  identity: z.looseObject({ issuer: z.string(), subject: z.string() }),
  enabled: z.boolean(),
  disabledReason: z.union([z.string(), z.null()]),
  failingSince: z.union([z.string(), z.null()]),
  createdAt: z.string(),
  secret: z.string().optional(),
});
export type NewTarget = z.infer<typeof newTargetSchema>;

const targetSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  url: z.string(),
  config: z.unknown(),
  deploys: z.boolean(),
  hasSecret: z.boolean(),
  identity: z.looseObject({ issuer: z.string(), subject: z.string() }),
  enabled: z.boolean(),
  disabledReason: z.union([z.string(), z.null()]),
  failingSince: z.union([z.string(), z.null()]),
  createdAt: z.string(),
});
export type Target = z.infer<typeof targetSchema>;

const triggerSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  match: z.unknown(),
  group: z.unknown().optional(),
  debounceSeconds: z.number().optional(),
  targets: z.array(z.string()),
  enabled: z.boolean(),
  createdAt: z.string(),
});
export type Trigger = z.infer<typeof triggerSchema>;

const eventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  data: z.looseObject({
    repository: z.string(),
    tag: z.union([z.string(), z.null()]),
    digest: z.string(),
    previousDigest: z.union([z.string(), z.null()]),
    mediaType: z.string(),
    size: z.number(),
    platforms: z.array(z.string()),
    image: z.string(),
    actor: z.looseObject({ name: z.string() }),
  }),
  triggers: z.union([
    z.array(z.looseObject({ trigger: z.string(), fires: z.boolean(), reason: z.union([z.string(), z.null()]) })),
    z.null(),
  ]),
});
export type Event = z.infer<typeof eventSchema>;

const deployedSchema = z.looseObject({
  target: z.string(),
  repository: z.string(),
  tag: z.string(),
  digest: z.string(),
  delivery: z.string(),
  deployedAt: z.string(),
  current: z.boolean(),
  followed: z.boolean(),
});
export type Deployed = z.infer<typeof deployedSchema>;

const deliverySchema = z.looseObject({
  id: z.string(),
  event: z.string(),
  trigger: z.string(),
  target: z.string(),
  repository: z.string(),
  tag: z.union([z.string(), z.null()]),
  status: openEnum(["pending", "running", "delivered", "failed", "superseded", "canceled"]),
  reason: z.union([z.string(), z.null()]),
  attempts: z.number(),
  nextAttemptAt: z.union([z.string(), z.null()]),
  createdAt: z.string(),
  finishedAt: z.union([z.string(), z.null()]),
  canceledBy: z.union([z.looseObject({ id: z.string(), name: z.string() }), z.null()]),
});
export type Delivery = z.infer<typeof deliverySchema>;

const deliveryDetailSchema = z.looseObject({
  id: z.string(),
  event: z.string(),
  trigger: z.string(),
  target: z.string(),
  repository: z.string(),
  tag: z.union([z.string(), z.null()]),
  status: openEnum(["pending", "running", "delivered", "failed", "superseded", "canceled"]),
  reason: z.union([z.string(), z.null()]),
  nextAttemptAt: z.union([z.string(), z.null()]),
  createdAt: z.string(),
  finishedAt: z.union([z.string(), z.null()]),
  canceledBy: z.union([z.looseObject({ id: z.string(), name: z.string() }), z.null()]),
  redelivery: z.array(
    z.looseObject({
      repository: z.string(),
      tag: z.string(),
      digest: z.string(),
      deploys: z.boolean(),
      followed: z.boolean(),
      current: z.union([
        z.looseObject({ tag: z.string(), digest: z.string(), delivery: z.string(), deployedAt: z.string() }),
        z.null(),
      ]),
    }),
  ),
  attempts: z.array(
    z.looseObject({
      number: z.number(),
      at: z.string(),
      milliseconds: z.number(),
      status: z.union([z.number(), z.null()]),
      outcome: z.string(),
      detail: z.string(),
    }),
  ),
});
export type DeliveryDetail = z.infer<typeof deliveryDetailSchema>;

/** By operation id: where each is, and what goes in and comes out. */
export const operations = {
  whoami: {
    method: "GET",
    path: "/api/v1/whoami",
    status: 200,

    output: whoamiSchema,
  },
  signIn: {
    method: "POST",
    path: "/api/v1/session",
    status: 200,

    body: z.strictObject({ token: z.string() }),
    output: consoleSessionSchema,
  },
  getSession: {
    method: "GET",
    path: "/api/v1/session",
    status: 200,

    output: consoleSessionSchema,
  },
  signOut: {
    method: "DELETE",
    path: "/api/v1/session",
    status: 204,

    output: z.null(),
  },
  createSpace: {
    method: "POST",
    path: "/api/v1/spaces",
    status: 201,

    body: z.strictObject({ name: z.string(), public: z.boolean().optional() }),
    output: spaceSchema,
  },
  listSpaces: {
    method: "GET",
    path: "/api/v1/spaces",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(spaceSchema), next: z.union([z.string(), z.null()]) }),
  },
  getSpace: {
    method: "GET",
    path: "/api/v1/spaces/{space}",
    status: 200,

    output: spaceSchema,
  },
  updateSpace: {
    method: "PATCH",
    path: "/api/v1/spaces/{space}",
    status: 200,

    body: z.strictObject({
      public: z.boolean().optional(),
      immutableTags: z.array(z.string()).optional(),
      namespaces: z.array(z.string()).optional(),
      quota: z
        .strictObject({
          bytes: z.union([z.number(), z.null()]).optional(),
          repositories: z.union([z.number(), z.null()]).optional(),
        })
        .optional(),
    }),
    output: spaceSchema,
  },
  deleteSpace: {
    method: "DELETE",
    path: "/api/v1/spaces/{space}",
    status: 204,

    output: z.null(),
  },
  listInstallationActivity: {
    method: "GET",
    path: "/api/v1/activity",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      actor: z.string().optional(),
      kind: z
        .enum([
          "tag",
          "manifest",
          "repository",
          "space",
          "token",
          "session",
          "login",
          "trigger",
          "target",
          "delivery",
          "retention",
        ])
        .optional(),
    }),

    output: z.looseObject({ items: z.array(activitySchema), next: z.union([z.string(), z.null()]) }),
  },
  listActivity: {
    method: "GET",
    path: "/api/v1/spaces/{space}/activity",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      actor: z.string().optional(),
      kind: z
        .enum([
          "tag",
          "manifest",
          "repository",
          "space",
          "token",
          "session",
          "login",
          "trigger",
          "target",
          "delivery",
          "retention",
        ])
        .optional(),
    }),

    output: z.looseObject({ items: z.array(activitySchema), next: z.union([z.string(), z.null()]) }),
  },
  getStorage: {
    method: "GET",
    path: "/api/v1/spaces/{space}/storage",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({
      items: z.array(repositoryStorageSchema),
      next: z.union([z.string(), z.null()]),
      total: z.union([
        z.looseObject({ bytes: z.number(), sharedBytes: z.number(), reclaimableBytes: z.number() }),
        z.null(),
      ]),
    }),
  },
  getStorageHistory: {
    method: "GET",
    path: "/api/v1/spaces/{space}/storage/history",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(storageDaySchema), next: z.union([z.string(), z.null()]) }),
  },
  previewCollection: {
    method: "POST",
    path: "/api/v1/spaces/{space}/gc:preview",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(collectableSchema), next: z.union([z.string(), z.null()]) }),
  },
  createToken: {
    method: "POST",
    path: "/api/v1/spaces/{space}/tokens",
    status: 201,

    body: z.strictObject({
      name: z.string(),
      actions: z.array(z.enum(["pull", "push", "delete", "admin"])),
      repositories: z.array(z.string()).optional(),
      expiresIn: z.number().optional(),
    }),
    output: newTokenSchema,
  },
  listTokens: {
    method: "GET",
    path: "/api/v1/spaces/{space}/tokens",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(tokenSchema), next: z.union([z.string(), z.null()]) }),
  },
  getToken: {
    method: "GET",
    path: "/api/v1/spaces/{space}/tokens/{id}",
    status: 200,

    output: tokenSchema,
  },
  revokeToken: {
    method: "DELETE",
    path: "/api/v1/spaces/{space}/tokens/{id}",
    status: 204,
    query: z.strictObject({ descendants: z.enum(["true", "false"]).optional() }),

    output: z.null(),
  },
  listRepositories: {
    method: "GET",
    path: "/api/v1/spaces/{space}/repositories",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(repositorySchema), next: z.union([z.string(), z.null()]) }),
  },
  listRepositoryTags: {
    method: "GET",
    path: "/api/v1/spaces/{space}/repositories/{name}/tags",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      order: z.enum(["name", "newest"]).optional(),
    }),

    output: z.looseObject({ items: z.array(tagSchema), next: z.union([z.string(), z.null()]) }),
  },
  getRepository: {
    method: "GET",
    path: "/api/v1/spaces/{space}/repositories/{name}",
    status: 200,

    output: repositorySchema,
  },
  updateRepository: {
    method: "PATCH",
    path: "/api/v1/spaces/{space}/repositories/{name}",
    status: 200,

    body: z.strictObject({
      public: z.boolean().optional(),
      immutableTags: z.union([z.array(z.string()), z.null()]).optional(),
    }),
    output: repositorySchema,
  },
  deleteRepository: {
    method: "DELETE",
    path: "/api/v1/spaces/{space}/repositories/{name}",
    status: 204,

    output: z.null(),
  },
  deleteTags: {
    method: "POST",
    path: "/api/v1/spaces/{space}/tags:delete",
    status: 200,

    body: z.strictObject({
      repository: z.string(),
      tags: z.array(z.string()),
      keepManifests: z.boolean().optional(),
      dryRun: z.boolean().optional(),
    }),
    output: tagsDeletionSchema,
  },
  getManifest: {
    method: "GET",
    path: "/api/v1/spaces/{space}/manifest",
    status: 200,
    query: z.strictObject({ repository: z.string().optional(), reference: z.string().optional() }),

    output: manifestSchema,
  },
  listReferrers: {
    method: "GET",
    path: "/api/v1/spaces/{space}/referrers",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      repository: z.string().optional(),
      digest: z.string().optional(),
      artifactType: z.string().optional(),
    }),

    output: z.looseObject({ items: z.array(referrerSchema), next: z.union([z.string(), z.null()]) }),
  },
  getBlobText: {
    method: "GET",
    path: "/api/v1/spaces/{space}/blob-text",
    status: 200,
    query: z.strictObject({ repository: z.string().optional(), digest: z.string().optional() }),

    output: blobTextSchema,
  },
  listDamaged: {
    method: "GET",
    path: "/api/v1/spaces/{space}/damaged",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(damagedSchema), next: z.union([z.string(), z.null()]) }),
  },
  createRetentionRule: {
    method: "POST",
    path: "/api/v1/spaces/{space}/retention-rules",
    status: 201,

    body: z.strictObject({
      name: z.string().optional(),
      repositories: z.array(z.string()).optional(),
      keep: z.strictObject({
        newest: z.number().optional(),
        newerThanDays: z.number().optional(),
        pulledWithinDays: z.number().optional(),
        tags: z.array(z.string()).optional(),
        previouslyDeployed: z.number().optional(),
      }),
      enabled: z.boolean().optional(),
      confirm: z.boolean().optional(),
    }),
    output: retentionRuleSchema,
  },
  listRetentionRules: {
    method: "GET",
    path: "/api/v1/spaces/{space}/retention-rules",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(retentionRuleSchema), next: z.union([z.string(), z.null()]) }),
  },
  getRetentionRule: {
    method: "GET",
    path: "/api/v1/spaces/{space}/retention-rules/{id}",
    status: 200,

    output: retentionRuleSchema,
  },
  updateRetentionRule: {
    method: "PATCH",
    path: "/api/v1/spaces/{space}/retention-rules/{id}",
    status: 200,

    body: z.strictObject({
      name: z.string().optional(),
      repositories: z.array(z.string()).optional(),
      keep: z
        .strictObject({
          newest: z.number().optional(),
          newerThanDays: z.number().optional(),
          pulledWithinDays: z.number().optional(),
          tags: z.array(z.string()).optional(),
          previouslyDeployed: z.number().optional(),
        })
        .optional(),
      enabled: z.boolean().optional(),
      confirm: z.boolean().optional(),
    }),
    output: retentionRuleSchema,
  },
  deleteRetentionRule: {
    method: "DELETE",
    path: "/api/v1/spaces/{space}/retention-rules/{id}",
    status: 204,

    output: z.null(),
  },
  previewRetention: {
    method: "POST",
    path: "/api/v1/spaces/{space}/retention-rules:preview",
    status: 200,
    query: z.strictObject({ cursor: z.string().optional() }),
    body: z.strictObject({
      name: z.string().optional(),
      repositories: z.array(z.string()).optional(),
      keep: z
        .strictObject({
          newest: z.number().optional(),
          newerThanDays: z.number().optional(),
          pulledWithinDays: z.number().optional(),
          tags: z.array(z.string()).optional(),
          previouslyDeployed: z.number().optional(),
        })
        .optional(),
      enabled: z.boolean().optional(),
      confirm: z.boolean().optional(),
      afterGrace: z.boolean().optional(),
      replaces: z.string().optional(),
    }),
    output: retentionPreviewSchema,
  },
  getHistory: {
    method: "GET",
    path: "/api/v1/spaces/{space}/history",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      repository: z.string().optional(),
      tag: z.string().optional(),
    }),

    output: z.looseObject({ items: z.array(tagChangeSchema), next: z.union([z.string(), z.null()]) }),
  },
  revert: {
    method: "POST",
    path: "/api/v1/spaces/{space}/tags:revert",
    status: 200,

    body: z.strictObject({ repository: z.string(), tag: z.string(), to: z.string().optional() }),
    output: z.looseObject({
      repository: z.string(),
      tag: z.string(),
      digest: z.string(),
      previousDigest: z.union([z.string(), z.null()]),
    }),
  },
  listDeletedRepositories: {
    method: "GET",
    path: "/api/v1/spaces/{space}/deleted/repositories",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(deletedRepositorySchema), next: z.union([z.string(), z.null()]) }),
  },
  listDeletedManifests: {
    method: "GET",
    path: "/api/v1/spaces/{space}/deleted/manifests",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      repository: z.string().optional(),
    }),

    output: z.looseObject({ items: z.array(deletedManifestSchema), next: z.union([z.string(), z.null()]) }),
  },
  listDeletedTags: {
    method: "GET",
    path: "/api/v1/spaces/{space}/deleted/tags",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      repository: z.string().optional(),
    }),

    output: z.looseObject({ items: z.array(deletedTagSchema), next: z.union([z.string(), z.null()]) }),
  },
  undelete: {
    method: "POST",
    path: "/api/v1/spaces/{space}/deleted:undelete",
    status: 200,

    body: z.strictObject({ repository: z.string(), tag: z.string().optional(), digest: z.string().optional() }),
    output: z.looseObject({
      repository: z.string(),
      digest: z.union([z.string(), z.null()]),
      tags: z.array(z.string()),
    }),
  },
  listTargetTypes: {
    method: "GET",
    path: "/api/v1/target-types",
    status: 200,

    output: z.looseObject({ types: z.array(targetTypeSchema) }),
  },
  createTarget: {
    method: "POST",
    path: "/api/v1/spaces/{space}/targets",
    status: 201,

    body: z.strictObject({
      name: z.string(),
      type: z.string(),
      url: z.string().optional(),
      secret: z.string().optional(),
      config: z.record(z.string(), z.unknown()).optional(),
      deploys: z.boolean().optional(),
    }),
    output: newTargetSchema,
  },
  listTargets: {
    method: "GET",
    path: "/api/v1/spaces/{space}/targets",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(targetSchema), next: z.union([z.string(), z.null()]) }),
  },
  getTarget: {
    method: "GET",
    path: "/api/v1/spaces/{space}/targets/{id}",
    status: 200,

    output: targetSchema,
  },
  updateTarget: {
    method: "PATCH",
    path: "/api/v1/spaces/{space}/targets/{id}",
    status: 200,

    body: z.strictObject({
      name: z.string().optional(),
      url: z.string().optional(),
      secret: z.union([z.string(), z.null()]).optional(),
      config: z.record(z.string(), z.unknown()).optional(),
      deploys: z.boolean().optional(),
    }),
    output: newTargetSchema,
  },
  deleteTarget: {
    method: "DELETE",
    path: "/api/v1/spaces/{space}/targets/{id}",
    status: 204,

    output: z.null(),
  },
  enableTarget: {
    method: "POST",
    path: "/api/v1/spaces/{space}/targets/{id}/enable",
    status: 200,

    output: targetSchema,
  },
  disableTarget: {
    method: "POST",
    path: "/api/v1/spaces/{space}/targets/{id}/disable",
    status: 200,

    output: targetSchema,
  },
  rotateTargetSecret: {
    method: "POST",
    path: "/api/v1/spaces/{space}/targets/{id}/rotate-secret",
    status: 200,

    body: z.strictObject({ secret: z.string().optional() }),
    output: z.looseObject({ secret: z.string().optional(), previousUntil: z.string() }),
  },
  testTarget: {
    method: "POST",
    path: "/api/v1/spaces/{space}/targets/{id}/test",
    status: 200,

    body: z.strictObject({ repository: z.string().optional(), tag: z.string().optional() }),
    output: z.looseObject({
      event: z.looseObject({ type: z.string() }),
      results: z.array(
        z.looseObject({
          target: z.string(),
          name: z.string(),
          outcome: z.string(),
          status: z.union([z.number(), z.null()]),
          milliseconds: z.number(),
          detail: z.string(),
        }),
      ),
    }),
  },
  createTrigger: {
    method: "POST",
    path: "/api/v1/spaces/{space}/triggers",
    status: 201,

    body: z.strictObject({
      name: z.string(),
      match: z
        .strictObject({
          repositories: z.array(z.string()).optional(),
          events: z
            .array(z.enum(["tag.created", "tag.updated", "tag.deleted", "manifest.pushed", "manifest.deleted"]))
            .optional(),
          tag: z
            .strictObject({
              type: z.enum(["semver", "nuget", "regex", "glob", "exact"]),
              value: z.string(),
              strict: z.boolean().optional(),
              pattern: z.strictObject({ type: z.enum(["glob", "regex"]), value: z.string() }).optional(),
              prerelease: z.enum(["none", "any", "regex"]).optional(),
              prereleaseRegex: z.string().optional(),
              exclude: z.array(z.string()).optional(),
              onlyIfNewer: z.boolean().optional(),
              order: z.enum(["version", "pushed"]).optional(),
            })
            .optional(),
          digestChangedOnly: z.boolean().optional(),
          platforms: z.strictObject({ all: z.array(z.string()) }).optional(),
          artifactTypes: z.array(z.string()).optional(),
          actors: z.array(z.string()).optional(),
        })
        .optional(),
      group: z
        .strictObject({
          requireAll: z.array(z.string()),
          by: z.string().optional(),
          timeoutSeconds: z.number().optional(),
        })
        .optional(),
      debounceSeconds: z.number().optional(),
      targets: z.array(z.string()),
    }),
    output: triggerSchema,
  },
  listTriggers: {
    method: "GET",
    path: "/api/v1/spaces/{space}/triggers",
    status: 200,
    query: z.strictObject({ limit: z.number().optional(), cursor: z.string().optional() }),

    output: z.looseObject({ items: z.array(triggerSchema), next: z.union([z.string(), z.null()]) }),
  },
  getTrigger: {
    method: "GET",
    path: "/api/v1/spaces/{space}/triggers/{id}",
    status: 200,

    output: triggerSchema,
  },
  updateTrigger: {
    method: "PATCH",
    path: "/api/v1/spaces/{space}/triggers/{id}",
    status: 200,

    body: z.strictObject({
      name: z.string().optional(),
      match: z
        .strictObject({
          repositories: z.array(z.string()).optional(),
          events: z
            .array(z.enum(["tag.created", "tag.updated", "tag.deleted", "manifest.pushed", "manifest.deleted"]))
            .optional(),
          tag: z
            .strictObject({
              type: z.enum(["semver", "nuget", "regex", "glob", "exact"]),
              value: z.string(),
              strict: z.boolean().optional(),
              pattern: z.strictObject({ type: z.enum(["glob", "regex"]), value: z.string() }).optional(),
              prerelease: z.enum(["none", "any", "regex"]).optional(),
              prereleaseRegex: z.string().optional(),
              exclude: z.array(z.string()).optional(),
              onlyIfNewer: z.boolean().optional(),
              order: z.enum(["version", "pushed"]).optional(),
            })
            .optional(),
          digestChangedOnly: z.boolean().optional(),
          platforms: z.strictObject({ all: z.array(z.string()) }).optional(),
          artifactTypes: z.array(z.string()).optional(),
          actors: z.array(z.string()).optional(),
        })
        .optional(),
      group: z
        .union([
          z.strictObject({
            requireAll: z.array(z.string()),
            by: z.string().optional(),
            timeoutSeconds: z.number().optional(),
          }),
          z.null(),
        ])
        .optional(),
      debounceSeconds: z.union([z.number(), z.null()]).optional(),
      targets: z.array(z.string()).optional(),
    }),
    output: triggerSchema,
  },
  deleteTrigger: {
    method: "DELETE",
    path: "/api/v1/spaces/{space}/triggers/{id}",
    status: 204,

    output: z.null(),
  },
  enableTrigger: {
    method: "POST",
    path: "/api/v1/spaces/{space}/triggers/{id}/enable",
    status: 200,

    output: triggerSchema,
  },
  disableTrigger: {
    method: "POST",
    path: "/api/v1/spaces/{space}/triggers/{id}/disable",
    status: 200,

    output: triggerSchema,
  },
  previewTrigger: {
    method: "POST",
    path: "/api/v1/spaces/{space}/triggers:preview",
    status: 200,

    body: z.strictObject({
      match: z
        .strictObject({
          repositories: z.array(z.string()).optional(),
          events: z
            .array(z.enum(["tag.created", "tag.updated", "tag.deleted", "manifest.pushed", "manifest.deleted"]))
            .optional(),
          tag: z
            .strictObject({
              type: z.enum(["semver", "nuget", "regex", "glob", "exact"]),
              value: z.string(),
              strict: z.boolean().optional(),
              pattern: z.strictObject({ type: z.enum(["glob", "regex"]), value: z.string() }).optional(),
              prerelease: z.enum(["none", "any", "regex"]).optional(),
              prereleaseRegex: z.string().optional(),
              exclude: z.array(z.string()).optional(),
              onlyIfNewer: z.boolean().optional(),
              order: z.enum(["version", "pushed"]).optional(),
            })
            .optional(),
          digestChangedOnly: z.boolean().optional(),
          platforms: z.strictObject({ all: z.array(z.string()) }).optional(),
          artifactTypes: z.array(z.string()).optional(),
          actors: z.array(z.string()).optional(),
        })
        .optional(),
      group: z
        .strictObject({
          requireAll: z.array(z.string()),
          by: z.string().optional(),
          timeoutSeconds: z.number().optional(),
        })
        .optional(),
      debounceSeconds: z.number().optional(),
      trigger: z.string().optional(),
      repository: z.string(),
      tag: z.string(),
    }),
    output: z.looseObject({ fires: z.boolean(), reason: z.string().optional() }),
  },
  testTrigger: {
    method: "POST",
    path: "/api/v1/spaces/{space}/triggers/{id}/test",
    status: 200,

    body: z.strictObject({ repository: z.string().optional(), tag: z.string().optional() }),
    output: z.looseObject({
      event: z.looseObject({ type: z.string() }),
      results: z.array(
        z.looseObject({
          target: z.string(),
          name: z.string(),
          outcome: z.string(),
          status: z.union([z.number(), z.null()]),
          milliseconds: z.number(),
          detail: z.string(),
        }),
      ),
    }),
  },
  replayTrigger: {
    method: "POST",
    path: "/api/v1/spaces/{space}/triggers/{id}/replay",
    status: 200,

    body: z.strictObject({ since: z.string() }),
    output: z.looseObject({ replayed: z.number() }),
  },
  previewPushes: {
    method: "POST",
    path: "/api/v1/spaces/{space}/pushes:preview",
    status: 200,

    body: z.strictObject({
      match: z
        .strictObject({
          repositories: z.array(z.string()).optional(),
          events: z
            .array(z.enum(["tag.created", "tag.updated", "tag.deleted", "manifest.pushed", "manifest.deleted"]))
            .optional(),
          tag: z
            .strictObject({
              type: z.enum(["semver", "nuget", "regex", "glob", "exact"]),
              value: z.string(),
              strict: z.boolean().optional(),
              pattern: z.strictObject({ type: z.enum(["glob", "regex"]), value: z.string() }).optional(),
              prerelease: z.enum(["none", "any", "regex"]).optional(),
              prereleaseRegex: z.string().optional(),
              exclude: z.array(z.string()).optional(),
              onlyIfNewer: z.boolean().optional(),
              order: z.enum(["version", "pushed"]).optional(),
            })
            .optional(),
          digestChangedOnly: z.boolean().optional(),
          platforms: z.strictObject({ all: z.array(z.string()) }).optional(),
          artifactTypes: z.array(z.string()).optional(),
          actors: z.array(z.string()).optional(),
        })
        .optional(),
      group: z
        .strictObject({
          requireAll: z.array(z.string()),
          by: z.string().optional(),
          timeoutSeconds: z.number().optional(),
        })
        .optional(),
      debounceSeconds: z.number().optional(),
      trigger: z.string().optional(),
    }),
    output: z.looseObject({
      pushes: z.array(
        z.looseObject({
          event: z.string(),
          type: z.string(),
          timestamp: z.string(),
          repository: z.string(),
          tag: z.union([z.string(), z.null()]),
          digest: z.string(),
          fires: z.boolean(),
          reason: z.union([z.string(), z.null()]),
        }),
      ),
    }),
  },
  listEvents: {
    method: "GET",
    path: "/api/v1/spaces/{space}/events",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      kind: z.enum(["push"]).optional(),
    }),

    output: z.looseObject({ items: z.array(eventSchema), next: z.union([z.string(), z.null()]) }),
  },
  getEvent: {
    method: "GET",
    path: "/api/v1/spaces/{space}/events/{id}",
    status: 200,

    output: eventSchema,
  },
  listDeployed: {
    method: "GET",
    path: "/api/v1/spaces/{space}/deployed",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      target: z.string().optional(),
      repository: z.string().optional(),
      current: z.enum(["true", "false"]).optional(),
    }),

    output: z.looseObject({ items: z.array(deployedSchema), next: z.union([z.string(), z.null()]) }),
  },
  listDeliveries: {
    method: "GET",
    path: "/api/v1/spaces/{space}/deliveries",
    status: 200,
    query: z.strictObject({
      limit: z.number().optional(),
      cursor: z.string().optional(),
      event: z.string().optional(),
      status: z.enum(["pending", "running", "delivered", "failed", "superseded", "canceled"]).optional(),
      trigger: z.string().optional(),
      target: z.string().optional(),
    }),

    output: z.looseObject({ items: z.array(deliverySchema), next: z.union([z.string(), z.null()]) }),
  },
  getDelivery: {
    method: "GET",
    path: "/api/v1/spaces/{space}/deliveries/{id}",
    status: 200,

    output: deliveryDetailSchema,
  },
  cancelDelivery: {
    method: "POST",
    path: "/api/v1/spaces/{space}/deliveries/{id}/cancel",
    status: 200,

    output: deliveryDetailSchema,
  },
  redeliver: {
    method: "POST",
    path: "/api/v1/spaces/{space}/deliveries/{id}/redeliver",
    status: 200,

    output: deliveryDetailSchema,
  },
} as const;
