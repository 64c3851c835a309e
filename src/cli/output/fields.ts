/** What a thing is, one line a field; those that are null are left out, and further lines of a value stand below its first. */
export function fields(rows: Readonly<Record<string, string | null>>): string {
  const shown = Object.entries(rows).flatMap(([name, value]) => (value === null ? [] : [[`${name}:`, value] as const]));
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => `${name.padEnd(width)}  ${value.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`)
    .join("\n");
}
