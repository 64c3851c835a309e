import { nearLimit, type Usage } from "../registry/usage.ts";

/**
 * The header that clients show to whoever pushes into a space that is nearly full (distribution spec, "Warnings"): code 299,
 * no agent, a quoted text. Null: nothing is known of the space's usage.
 */
export function usageWarning(usage: Usage | null): Readonly<Record<string, string>> {
  const text = usage === null ? null : nearLimit(usage);
  return text === null ? {} : { Warning: `299 - "${text}"` };
}
