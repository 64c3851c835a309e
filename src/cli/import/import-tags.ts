import type { Tag } from "../../oci/reference.ts";
import { CliError } from "../exit.ts";
import { type Digest, parseDigest } from "../../oci/digest.ts";
import { referrersTag, subjectOfTag } from "../../oci/referrers-tag.ts";
import { type ImportedTag, importTag } from "./import-tag.ts";
import type { Import } from "./import.ts";
import { plural } from "../output/words.ts";
import type { Selected } from "./select-tags.ts";

/** The report on one tag of many. */
export type TagReport =
  | ImportedTag
  | { readonly tag: string; readonly digest: null; readonly outcome: "failed"; readonly error: string }
  | { readonly tag: Tag; readonly digest: null; readonly outcome: "not tried" };

export interface TagsReport {
  readonly tags: readonly TagReport[];
  /** The failure to end with; null: all went well. */
  readonly failure: CliError | null;
}

const WRONG_NAME =
  "a tag has up to 128 letters, digits, _ . and -, and does not begin with . or -; import it by its digest, under another name";

/**
 * Imports one tag after the other. A tag that fails does not stop the rest. A registry that cannot be reached does,
 * since each tag would wait for it in turn. Throws only failures that end everything, for example Ctrl-C.
 */
export async function importTags(
  run: Import,
  { images, companions, untakable }: Selected,
  tell: (report: TagReport) => void,
): Promise<TagsReport> {
  const tags: TagReport[] = [];
  const failures: CliError[] = [];
  const note = (report: TagReport): void => {
    tags.push(report);
    tell(report);
  };
  const attempt = async (tag: Tag): Promise<void> => {
    if (failures.at(-1)?.kind === "unreachable") return note({ tag, digest: null, outcome: "not tried" });
    try {
      for (const imported of await importTag(run, tag, tag)) note(imported);
    } catch (failure) {
      if (!(failure instanceof CliError) || run.source.connection.signal?.aborted) throw failure;
      failures.push(failure);
      note({ tag, digest: null, outcome: "failed", error: failure.message });
    }
  };
  for (const tag of untakable) {
    const failure = new CliError("invalid", WRONG_NAME);
    failures.push(failure);
    note({ tag, digest: null, outcome: "failed", error: failure.message });
  }
  for (const tag of images) await attempt(tag);
  // An index's signature means nothing if only some of its platforms are imported.
  const wantsCompanions = run.options.referrers && run.options.platforms.length === 0;
  for (const tag of wantsCompanions ? companions : []) {
    if (!(await wasCopied(run, tag))) await attempt(tag);
  }
  return { tags, failure: failures.length === 0 ? null : sumUp(failures, tags.length) };
}

/**
 * True if a tag that is named after a digest was copied with its subject. The others belong to images without a tag.
 */
async function wasCopied({ trees }: Import, tag: Tag): Promise<boolean> {
  const subject = digestNamedBy(tag, trees.keys());
  return subject !== null && (await trees.get(subject)?.catch(() => null)) != null;
}

/** Finds the digest that a tag is named after: the tag has all of a sha256, but only the beginning of a sha512. */
function digestNamedBy(tag: Tag, known: Iterable<Digest>): Digest | null {
  const subject = subjectOfTag(tag) ?? "";
  return (
    parseDigest(subject.replace("-", ":")) ?? [...known].find((digest) => referrersTag(digest) === subject) ?? null
  );
}

function sumUp(failures: readonly CliError[], total: number): CliError {
  const [first] = failures;
  const kinds = new Set(failures.map(({ kind }) => kind));
  const kind = first !== undefined && kinds.size === 1 ? first.kind : "failure";
  return new CliError(kind, `${failures.length} of ${plural(total, "tag")} could not be imported`, {
    hint: "Fix the cause and run it again: it skips what has been copied.",
    cause: first,
  });
}
