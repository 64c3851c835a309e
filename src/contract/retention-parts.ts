import type { RetentionPreview } from "./operations.ts";

type Item = RetentionPreview["items"][number];

/** The most names that a page lists for a repository; the sum has the same limit. */
const NAMED = 1000;

/** Adds up the pages of a preview by repository, and leaves out repositories that lose nothing. */
export function wholeRepositories(items: readonly Item[]): readonly Item[] {
  const byRepository = new Map<string, Item>();
  for (const item of items) {
    const before = byRepository.get(item.repository);
    byRepository.set(item.repository, before === undefined ? item : sumOf(before, item));
  }
  return [...byRepository.values()].filter(({ tagCount, manifestCount }) => tagCount + manifestCount > 0);
}

/** Adds an item to the sum so far. Only a repository's last page tells if it was seen whole. */
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
