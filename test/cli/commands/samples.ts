import type {
  Delivery,
  DeliveryDetail,
  Event,
  Repository,
  RetentionRule,
  Space,
  Tag,
  TagChange,
  Target,
  Token,
  Trigger,
} from "../../../src/contract/operations.ts";

/** Samples of the management API's answers. */

const createdAt = "2026-01-01T00:00:00.000Z";

export const token: Token = {
  id: "tok_1",
  name: "ci",
  actions: ["pull", "push"],
  repositories: ["**"],
  createdAt,
  createdBy: { id: "administrator", name: "administrator" },
  expiresAt: null,
  lastUsedAt: null,
};

export const target: Target = {
  id: "tgt_1",
  name: "hook",
  type: "standard-webhook",
  url: "https://hooks.example.com/",
  config: {},
  deploys: true,
  hasSecret: true,
  identity: { issuer: "https://registry.example.com", subject: "space:acme:target:tgt_1" },
  enabled: true,
  disabledReason: null,
  failingSince: null,
  createdAt,
};

export const trigger: Trigger = {
  id: "trg_1",
  name: "releases",
  match: {},
  targets: ["tgt_1"],
  enabled: true,
  createdAt,
};

export const event: Event = {
  id: "evt_1",
  type: "registry.tag.created",
  timestamp: createdAt,
  data: {
    repository: "acme/web",
    tag: "1.0.0",
    digest: `sha256:${"a".repeat(64)}`,
    previousDigest: null,
    mediaType: "application/vnd.oci.image.index.v1+json",
    size: 1234,
    platforms: ["linux/amd64"],
    image: `registry.example.com/acme/web:1.0.0@sha256:${"a".repeat(64)}`,
    actor: { name: "ci" },
  },
  triggers: [{ trigger: "trg_1", fires: false, reason: "the version 1.0.0 is not within ^2" }],
};

export const delivery: Delivery = {
  id: "dlv_1",
  event: "evt_1",
  trigger: "trg_1",
  target: "tgt_1",
  repository: "acme/web",
  tag: "1.0.0",
  status: "failed",
  reason: "it answered 500: out of order",
  attempts: 8,
  nextAttemptAt: null,
  createdAt,
  finishedAt: createdAt,
  canceledBy: null,
};

/** Makes a delivery as it is shown by itself, with the changes that it would make. */
export function detailOf(id: string, more: Partial<DeliveryDetail> = {}): DeliveryDetail {
  return { ...delivery, id, redelivery: [], attempts: [], ...more };
}

export const rule: RetentionRule = {
  id: "ret_1",
  name: "builds",
  repositories: ["web/**"],
  keep: { newest: 20, tags: ["v*"], previouslyDeployed: 1 },
  enabled: true,
  createdAt,
};

/** Makes a digest of one repeated letter. */
export function digestOf(letter: string): string {
  return `sha256:${letter.repeat(64)}`;
}

/** Makes a change of the tag `latest`: ci set it to a digest of this letter. */
export function changeTo(letter: string, more: Partial<TagChange> = {}): TagChange {
  return {
    id: `evt_${letter}`,
    type: "tag.updated",
    tag: "latest",
    digest: digestOf(letter),
    previousDigest: null,
    actor: { id: "tok_1", name: "ci" },
    at: createdAt,
    content: "present",
    ...more,
  };
}

export function page<T>(...items: readonly T[]): { items: T[]; next: null } {
  return { items: [...items], next: null };
}

export function spaceNamed(name: string, more: Partial<Space> = {}): Space {
  const limits = { usage: { bytes: 0, repositories: 0 }, quota: { bytes: null, repositories: null }, nearLimit: false };
  return { name, public: false, immutableTags: [], namespaces: [], ...limits, createdAt, ...more };
}

/** Makes a repository. @param path within the space `acme` */
export function repositoryAt(path: string, more: Partial<Repository> = {}): Repository {
  const settings = { public: false, immutableTags: null };
  const shown = { createdAt, bytes: 500, tags: 1, pushedAt: createdAt, pulledAt: null };
  return { name: path, fullName: `acme/${path}`, ...settings, ...shown, ...more };
}

export function taggedAs(name: string, digest: string, more: Partial<Tag> = {}): Tag {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return {
    name,
    digest,
    mediaType,
    artifactType: null,
    platforms: [],
    size: 500,
    contentSize: 5000,
    createdAt,
    updatedAt: createdAt,
    pulledAt: null,
    pushedBy: null,
    deployed: [],
    signed: false,
    immutable: false,
    ...more,
  };
}
