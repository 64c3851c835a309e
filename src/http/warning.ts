import { nearLimit, type Usage } from "../registry/usage.ts";

/**
 * Makes the header that clients show to the pusher of a space that is nearly full (distribution spec, "Warnings"): code
 * 299, no agent, a quoted text.
 * @param usage null: the space's usage is not known.
 */
export function usageWarning(usage: Usage | null): Readonly<Record<string, string>> {
  const text = usage === null ? null : nearLimit(usage);
  return text === null ? {} : { Warning: `299 - "${text}"` };
}
