import { RegistryError } from "../oci/errors.ts";
import { formatBytes } from "../oci/size.ts";

/** What a space may have at most; null: no limit. */
export interface Quota {
  readonly bytes: number | null;
  readonly repositories: number | null;
}

/** What a space has: a blob counts in each of its repositories that links it, a deleted repository no longer. */
export interface Usage {
  readonly bytes: number;
  readonly repositories: number;
  /** Bytes of uploads that are open: they count where an upload begins or goes on, and no longer when it is finished. */
  readonly openBytes: number;
  readonly quota: Quota;
}

/** What a push would add. */
interface Addition {
  readonly bytes: number;
  readonly repositories: number;
}

type Measure = keyof Quota;

const MEASURES = ["bytes", "repositories"] as const satisfies readonly Measure[];

const FULL = { bytes: "SPACE_FULL", repositories: "REPOSITORIES_FULL" } as const;

const REMEDY = {
  bytes: "delete what is not needed, or ask the registry's administrator for more",
  repositories: "push to an existing one, delete one, or ask the registry's administrator for more",
} as const satisfies Record<Measure, string>;

/** The share of a limit from which on whoever pushes is warned. */
const NEAR = 0.9;

/** Throws SPACE_FULL or REPOSITORIES_FULL where the addition is more than the space may have. */
export function requireRoom(usage: Usage, addition: Addition): void {
  for (const measure of MEASURES) {
    const limit = usage.quota[measure];
    const open = measure === "bytes" ? usage.openBytes : 0;
    const sum = usage[measure] + open + addition[measure];
    const exceeds = addition[measure] > 0 && sum > (limit ?? Number.POSITIVE_INFINITY);
    if (exceeds) throw fullError(measure, usage);
  }
}

/** Bytes that the space may still take; null: any number. */
export function roomIn({ bytes, openBytes, quota }: Usage): number | null {
  return quota.bytes === null ? null : Math.max(quota.bytes - bytes - openBytes, 0);
}

/** Throws SPACE_FULL where an upload has more bytes than there was room for when it began. */
export function requireFit(bytes: number, room: number | null): void {
  if (room === null || bytes <= room) return;
  throw new RegistryError("SPACE_FULL", {
    message: `the space has too little room: ${formatBytes(room)} were free when the upload began; ${REMEDY.bytes}`,
    detail: { bytes, room },
  });
}

/** The limit that a refusal is about; undefined for any other. */
export function measureOf(error: unknown): Measure | undefined {
  return MEASURES.find((measure) => error instanceof RegistryError && error.kind === FULL[measure]);
}

/** The refusal of what would go over a limit, with the figures. */
export function fullError(measure: Measure, usage: Usage): RegistryError {
  return new RegistryError(FULL[measure], {
    message: `the space would exceed its limit: it has ${share(usage, measure)}; ${REMEDY[measure]}`,
    detail: {
      usage: { bytes: usage.bytes, repositories: usage.repositories },
      ...(usage.openBytes > 0 && { openUploads: { bytes: usage.openBytes } }),
      quota: usage.quota,
    },
  });
}

/** The refusal of one more upload by a credential that has too many open. Some clients try again at once, unless told to wait. */
export function uploadsFull(): RegistryError {
  return new RegistryError("UPLOADS_FULL", { headers: { "Retry-After": "60" } });
}

/** What whoever pushes should know before the space is full; null while it is far from that. */
export function nearLimit(usage: Usage): string | null {
  const near = MEASURES.filter(
    (measure) => usage[measure] >= (usage.quota[measure] ?? Number.POSITIVE_INFINITY) * NEAR,
  );
  const [first] = near;
  if (first === undefined) return null;
  return `the space has ${near.map((measure) => share(usage, measure)).join(", and ")}; ${REMEDY[first]}`;
}

function share(usage: Usage, measure: Measure): string {
  const limit = usage.quota[measure] ?? 0;
  if (measure === "repositories")
    return `${usage.repositories} of ${limit} ${limit === 1 ? "repository" : "repositories"}`;
  const open = usage.openBytes > 0 ? ` and ${formatBytes(usage.openBytes)} in open uploads` : "";
  return `${formatBytes(usage.bytes)}${open} of ${formatBytes(limit)}`;
}
