import type { Tag } from "../../../contract/operations.ts";
import { parseDigest } from "../../../oci/digest.ts";
import { referrersTag, subjectOfTag } from "../../../oci/referrers-tag.ts";

/** Adds, to the selected tags, the tags of attachments to an image that would lose its last other tag. */
export function withAttached(tags: readonly Tag[], selected: ReadonlySet<string>): readonly Tag[] {
  const kept = subjects(tags.filter(({ name }) => !selected.has(name) && subjectOfTag(name) === null));
  const going = subjects(tags.filter(({ name }) => selected.has(name)));
  return tags.filter(({ name }) => {
    const subject = subjectOfTag(name);
    return selected.has(name) || (subject !== null && going.has(subject) && !kept.has(subject));
  });
}

/** Returns the referrers tag of each tag's manifest, with which the tags of its attachments begin. */
function subjects(tags: readonly Tag[]): ReadonlySet<string> {
  const digests = tags.map(({ digest }) => parseDigest(digest)).filter((digest) => digest !== null);
  return new Set(digests.map(referrersTag));
}

/** Returns the tags whose name or digest contains the text. */
export function matching(tags: readonly Tag[], text: string): readonly Tag[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return tags;
  const digest = /^(?:sha\d+:)?[0-9a-f]{6,}$/.test(wanted) ? wanted : null;
  return tags.filter(
    (tag) => tag.name.toLowerCase().includes(wanted) || (digest !== null && tag.digest.includes(digest)),
  );
}
