/** The values of settings, as the form shows them and as they are typed. */
import * as z from "zod";
import type { SettingKind } from "../../../contract/settings.ts";
import { linesOf } from "../../components/lines.ts";

/** Writes a setting's value as the form shows it; empty if there is none. */
export function shownValue(kind: SettingKind, value: unknown): string {
  if (kind === "json") return value === undefined ? "" : JSON.stringify(value);
  if (kind === "lines") return z.array(z.string()).safeParse(value).data?.join("\n") ?? "";
  if (kind === "pairs") {
    const pairs = z.record(z.string(), z.string()).safeParse(value).data ?? {};
    return Object.entries(pairs)
      .map(([name, text]) => `${name}=${text}`)
      .join("\n");
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Reads the text that was typed for a setting; undefined if it is empty. */
export function typedValue(kind: SettingKind, typed: string): unknown {
  const text = typed.trim();
  if (text === "") return undefined;
  if (kind === "lines") return linesOf(text);
  if (kind === "pairs") return Object.fromEntries(linesOf(text).map(pairOf));
  if (kind === "number") return numberOr(text);
  return kind === "json" ? jsonOr(text) : text;
}

/** Reads a number. Any other text is sent as it is, and the registry says what is wrong with it. */
function numberOr(text: string): unknown {
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Reads JSON. Any other text is sent as it is, and the registry says what is wrong with it. */
function jsonOr(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

function pairOf(line: string): readonly [string, string] {
  const equals = line.indexOf("=");
  return equals < 0 ? [line, ""] : [line.slice(0, equals).trim(), line.slice(equals + 1).trim()];
}
