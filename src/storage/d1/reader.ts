/** What reads need of a database, or of a session with whichever copy of it is near. */
export type D1Reader = Pick<D1DatabaseSession, "prepare" | "batch">;

/**
 * Reads from the copy that is near. It may be behind, so the primary is asked wherever that copy refuses, fails or does not have
 * enough to go by.
 * @param near null: there is none to be trusted.
 */
export async function readNear<T>(
  db: D1Database,
  near: D1Reader | null,
  read: (from: D1Reader) => Promise<T>,
  isEnough: (found: T) => boolean,
): Promise<T> {
  const found = near && (await read(near).then(wrap, () => null));
  return found !== null && isEnough(found.value) ? found.value : read(db);
}

/** True if a row of content is good to go by although it may be old: nothing is wrong with it, and nothing has to be done about it. */
export function isUndisturbed(
  row: { readonly damage: string | null; readonly marked_at: number | null } | null,
): boolean {
  return row !== null && row.damage === null && row.marked_at === null;
}

function wrap<T>(value: T): { readonly value: T } {
  return { value };
}
