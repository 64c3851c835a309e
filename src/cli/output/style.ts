import { inspect } from "node:util";
import { paint } from "./visible.ts";

const COLOURS = ["bold", "dim", "red", "green", "yellow", "cyan"] as const;

/** Functions that colour a text, or return it unchanged. */
export type Style = Readonly<Record<(typeof COLOURS)[number], (text: string) => string>>;

export function makeStyle(enabled: boolean): Style {
  const colour =
    (name: (typeof COLOURS)[number]) =>
    (text: string): string =>
      enabled ? paint(text, inspect.colors[name] ?? [0, 0]) : text;
  return {
    bold: colour("bold"),
    dim: colour("dim"),
    red: colour("red"),
    green: colour("green"),
    yellow: colour("yellow"),
    cyan: colour("cyan"),
  };
}
