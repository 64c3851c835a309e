import type { Tag } from "../../../contract/operations.ts";
import { parseDigest } from "../../../oci/digest.ts";
import { referrersTag, subjectOfTag } from "../../../oci/referrers-tag.ts";

/** Adds to the selected tags those that are kept beside an image which would be left without any other tag. */
export function withAttached(tags: readonly Tag[], selected: ReadonlySet<string>): readonly Tag[] {
  const kept = subjects(tags.filter(({ name }) => !selected.has(name) && subjectOfTag(name) === null));
  const going = subjects(tags.filter(({ name }) => selected.has(name)));
  return tags.filter(({ name }) => {
    const subject = subjectOfTag(name);
    return selected.has(name) || (subject !== null && going.has(subject) && !kept.has(subject));
  });
}

/** Lists the tags' manifests as what is kept beside them is named. */
function subjects(tags: readonly Tag[]): ReadonlySet<string> {
  const digests = tags.map(({ digest }) => parseDigest(digest)).filter((digest) => digest !== null);
  return new Set(digests.map(referrersTag));
}

/** The tags whose name, or digest, has the text in it. */
export function matching(tags: readonly Tag[], text: string): readonly Tag[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return tags;
  const digest = /^(?:sha\d+:)?[0-9a-f]{6,}$/.test(wanted) ? wanted : null;
  return tags.filter(
    (tag) => tag.name.toLowerCase().includes(wanted) || (digest !== null && tag.digest.includes(digest)),
  );
}
