/**
 * True if the text is a credible time: pushers may write anything, and builders without a clock write the year 1 or
 * 1970.
 */
export function isTime(text: string | null | undefined): text is string {
  return typeof text === "string" && Number.isFinite(Date.parse(text)) && Date.parse(text) > 0;
}
