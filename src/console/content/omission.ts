/** Returns the reason that content is not shown, as the end of a sentence. */
export function omissionText(omitted: string): string {
  return TEXTS[omitted] ?? "cannot be shown.";
}

const TEXTS: Readonly<Partial<Record<string, string>>> = {
  "too-large": "is too large to be shown here.",
  "too-deep": "is nested too deeply, or has too many entries, to be shown here.",
  "not-text": "is nothing that can be read here.",
  absent: "is not in this repository.",
  missing: "is missing from storage. Push it again to repair it.",
  corrupt: "is damaged in storage. Push it again to repair it.",
};
