/** A database, or a session with one of its read replicas. */
export type D1Reader = Pick<D1DatabaseSession, "prepare" | "batch">;

/**
 * Reads from the replica first. It may lag, so the primary is asked if the replica refuses, fails or does
 * not know enough.
 * @param replica null if only the primary is to be trusted
 */
export async function readReplicaFirst<T>(
  db: D1Database,
  replica: D1Reader | null,
  read: (from: D1Reader) => Promise<T>,
  isEnough: (found: T) => boolean,
): Promise<T> {
  const found = replica && (await read(replica).then(wrap, () => null));
  return found !== null && isEnough(found.value) ? found.value : read(db);
}

/** True if a row of content can be relied on although it may be old: nothing is wrong with it, and nothing has to be done about it. */
export function isUndisturbed(
  row: { readonly damage: string | null; readonly marked_at: number | null } | null,
): boolean {
  return row !== null && row.damage === null && row.marked_at === null;
}

function wrap<T>(value: T): { readonly value: T } {
  return { value };
}
