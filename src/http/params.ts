import type { Call } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";

/**
 * Reads a parameter of the path, percent-decoded, since some clients escape a digest's colon. Text that cannot be
 * decoded stays as it is, and is then refused as malformed.
 */
export function decodeParam(call: Call, name: string): string {
  const text = call.params[name] ?? "";
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * True if the client says that it only looks, like a list or a report. That is no pull, and saves nothing from
 * deletion.
 */
export function isLook({ headers }: Request): boolean {
  return headers.get("Spacedock-Look")?.trim() === "1";
}

/** Reads the Content-Length header in bytes; null: the length is unknown. Throws SIZE_INVALID. */
export function contentLength(request: Request): number | null {
  const header = request.headers.get("Content-Length");
  if (header === null) return null;
  if (!/^\d{1,15}$/.test(header))
    throw new RegistryError("SIZE_INVALID", { message: "Content-Length must be a number" });
  return Number(header);
}
