import type { Tag } from "../../../contract/operations.ts";
import { subjectOf } from "./kinds.ts";

/** What the selection comes to: the tags, with those that are kept beside what would be left without any other tag. */
export function withAttached(tags: readonly Tag[], selected: ReadonlySet<string>): readonly Tag[] {
  const kept = new Set(
    tags.filter(({ name }) => !selected.has(name) && subjectOf(name) === null).map(({ digest }) => digest),
  );
  const going = new Set(tags.filter(({ name }) => selected.has(name)).map(({ digest }) => digest));
  return tags.filter(({ name }) => {
    const subject = subjectOf(name);
    return selected.has(name) || (subject !== null && going.has(subject) && !kept.has(subject));
  });
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
