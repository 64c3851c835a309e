/** True if it is a time: what pushers write may be anything, and builders without a clock write the year 1 or 1970. */
export function isTime(text: string | null | undefined): text is string {
  return typeof text === "string" && Number.isFinite(Date.parse(text)) && Date.parse(text) > 0;
}
