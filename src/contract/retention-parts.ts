import type { RetentionPreview } from "./operations.ts";

type Item = RetentionPreview["items"][number];

/** Names that a page gives of a repository at most, and so does the sum. */
const NAMED = 1000;

/** Adds up what pages of a preview say of one repository, and leaves out those that lose nothing. */
export function wholeRepositories(items: readonly Item[]): readonly Item[] {
  const byRepository = new Map<string, Item>();
  for (const item of items) {
    const before = byRepository.get(item.repository);
    byRepository.set(item.repository, before === undefined ? item : sumOf(before, item));
  }
  return [...byRepository.values()].filter(({ tagCount, manifestCount }) => tagCount + manifestCount > 0);
}

/** The last page of a repository knows whether it was seen whole. */
function sumOf(before: Item, item: Item): Item {
  return {
    ...item,
    tags: [...before.tags, ...item.tags].slice(0, NAMED),
    manifests: [...before.manifests, ...item.manifests].slice(0, NAMED),
    tagCount: before.tagCount + item.tagCount,
    manifestCount: before.manifestCount + item.manifestCount,
    bytes: before.bytes + item.bytes,
  };
}
