import { type ErrorKind, RegistryError } from "../../oci/errors.ts";

/** Refusals of the database's own triggers, by the words of their errors. */
const REFUSALS: Readonly<Record<string, ErrorKind>> = {
  "immutable tag": "TAG_IMMUTABLE",
  "manifest lacks content": "MANIFEST_BLOB_UNKNOWN",
  "precondition failed": "PRECONDITION_FAILED",
  "repositories full": "REPOSITORIES_FULL",
  "space full": "SPACE_FULL",
};

/** Awaits the work of a transaction. If a trigger refuses it, nothing has changed, and this throws the client's error. */
export async function constrained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : "";
    const refusal = Object.entries(REFUSALS).find(([words]) => text.includes(`${words}: SQLITE_CONSTRAINT`));
    throw refusal === undefined ? cause : new RegistryError(refusal[1], { cause });
  }
}
