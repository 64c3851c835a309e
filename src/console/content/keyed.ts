/** Gives each item of a list a key of its own: its name, and its number among the items of that name. */
export function keyed<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): readonly (readonly [key: string, item: T])[] {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const name = nameOf(item);
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return [`${name} ${before}`, item];
  });
}
