import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { asBytes } from "../../src/cli/bytes.ts";
import { type Digest, digestAlgorithm, makeDigest, parseDigest } from "../../src/oci/digest.ts";
import { PRIVATE_FILE } from "./private.ts";

/** The file that describes a backup. It is written last, so a directory without it has no complete backup. */
const INDEX = "backup.json";

/** The directory in a backup that holds the objects. */
export const OBJECTS = "objects";

const index = z.strictObject({
  format: z.literal(1),
  /** The moment of which the rows are. */
  madeAt: z.iso.datetime(),
  /** The SQLite database with the rows. */
  rows: z.string().regex(/^rows-[\w-]+\.sqlite$/),
  rowsDigest: z.string(),
  /** A line for each object in R2 that a row points to: key, digest, size. */
  objects: z.string().regex(/^objects-[\w-]+\.ndjson$/),
  count: z.int(),
  bytes: z.int(),
});

export type Index = z.infer<typeof index>;

export function readIndex(directory: string): Index | null {
  const file = join(directory, INDEX);
  return existsSync(file) ? index.parse(JSON.parse(readFileSync(file, "utf8"))) : null;
}

/** Replaces the index in one step: the directory describes either the earlier backup or this one. */
export function writeIndex(directory: string, content: Index): void {
  writeFileSync(join(directory, `${INDEX}.part`), `${JSON.stringify(content, null, 2)}\n`, { mode: PRIVATE_FILE });
  renameSync(join(directory, `${INDEX}.part`), join(directory, INDEX));
}

/** An object in R2 that a row points to. */
export interface StoredObject {
  readonly key: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** An object's line. A key names a file, so it must not lead out of the directory. */
const storedObject = z.object({
  key: z.string().regex(/^[\w-]+(?:\/[\w-]+)*$/),
  digest: z.string().transform((text, context) => {
    const digest = parseDigest(text);
    if (digest !== null) return digest;
    context.addIssue("not a digest");
    return z.NEVER;
  }),
  size: z.int().nonnegative(),
});

export function parseObject(value: unknown): StoredObject {
  return storedObject.parse(value);
}

/** Returns the file of an object's bytes. It exists once they are whole and verified. */
export function objectFile(directory: string, { key }: StoredObject): string {
  return join(directory, OBJECTS, key);
}

export function isKept(directory: string, object: StoredObject): boolean {
  return statSync(objectFile(directory, object), { throwIfNoEntry: false })?.size === object.size;
}

export async function fileDigest(file: string, like: Digest | null = null): Promise<Digest> {
  const algorithm = like === null ? "sha256" : digestAlgorithm(like);
  const hash = createHash(algorithm);
  for await (const piece of createReadStream(file)) hash.update(asBytes(piece));
  return makeDigest(algorithm, hash.digest("hex"));
}
