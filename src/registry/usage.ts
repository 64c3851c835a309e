import { RegistryError } from "../oci/errors.ts";
import { formatBytes } from "../oci/size.ts";

/** Limits of a space; null: no limit. */
export interface Quota {
  readonly bytes: number | null;
  readonly repositories: number | null;
}

/** Usage of a space. A blob counts in each repository that links it; a deleted repository does not count. */
export interface Usage {
  readonly bytes: number;
  readonly repositories: number;
  /** Bytes of open uploads. They count when an upload begins or goes on, and no longer once it is finished. */
  readonly openBytes: number;
  readonly quota: Quota;
}

/** Amounts that a push would add. */
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

/** The share of a limit from which on a push gets a warning. */
const NEAR = 0.9;

/** Throws SPACE_FULL or REPOSITORIES_FULL if the addition exceeds a limit of the space. */
export function requireRoom(usage: Usage, addition: Addition): void {
  for (const measure of MEASURES) {
    const limit = usage.quota[measure];
    const open = measure === "bytes" ? usage.openBytes : 0;
    const sum = usage[measure] + open + addition[measure];
    const exceeds = addition[measure] > 0 && sum > (limit ?? Number.POSITIVE_INFINITY);
    if (exceeds) throw fullError(measure, usage);
  }
}

/** Returns the number of bytes that the space may still take; null: no limit. */
export function roomIn({ bytes, openBytes, quota }: Usage): number | null {
  return quota.bytes === null ? null : Math.max(quota.bytes - bytes - openBytes, 0);
}

/** Throws SPACE_FULL if an upload has more bytes than the room that there was when it began. */
export function requireFit(bytes: number, room: number | null): void {
  if (room === null || bytes <= room) return;
  throw new RegistryError("SPACE_FULL", {
    message: `the space has too little room: ${formatBytes(room)} were free when the upload began; ${REMEDY.bytes}`,
    detail: { bytes, room },
  });
}

/** Returns the limit that a refusal is about; undefined for any other error. */
export function measureOf(error: unknown): Measure | undefined {
  return MEASURES.find((measure) => error instanceof RegistryError && error.kind === FULL[measure]);
}

/** Makes the refusal for a limit that would be exceeded, with the figures. */
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

/**
 * Makes the refusal of one more upload by a credential with too many open ones. It says how long to wait, since some
 * clients try again at once otherwise.
 */
export function uploadsFull(): RegistryError {
  return new RegistryError("UPLOADS_FULL", { headers: { "Retry-After": "60" } });
}

/** Returns the warning for a push to a space that is nearly full; null while it has room. */
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
