import * as z from "zod";
import { entries, type Entry, listOf, text, texts } from "./json.ts";
import { platformName } from "./manifest.ts";

/** The displayed parts of an image's config (image spec, "Image Configuration"). */

const step = z.object({
  created: text,
  created_by: text,
  comment: text,
  empty_layer: z.boolean().catch(false),
});

const healthcheck = z
  .object({
    Test: texts,
    Interval: z.number().nullable().catch(null),
    Timeout: z.number().nullable().catch(null),
    StartPeriod: z.number().nullable().catch(null),
    StartInterval: z.number().nullable().catch(null),
    Retries: z.number().nullable().catch(null),
  })
  .nullable()
  .catch(null);

/** A command should be a list, but may be a single text. */
const command = z.union([z.array(z.string()), z.string().transform((one) => [one])]).catch([]);

const run = z.object({
  Env: texts,
  Entrypoint: command,
  Cmd: command,
  User: text,
  WorkingDir: text,
  StopSignal: text,
  ExposedPorts: entries,
  Volumes: entries,
  Labels: entries,
  Healthcheck: healthcheck,
  Shell: command,
  OnBuild: texts,
});

const NOTHING = run.parse({});

const imageConfig = z.object({
  created: text,
  author: text,
  architecture: text,
  variant: text,
  os: text,
  "os.version": text,
  config: run.catch(NOTHING),
  history: listOf(step),
});

export type ImageConfig = z.output<typeof imageConfig>;
export type Step = z.output<typeof step>;

/** Parses an image's config; null if it is no object. */
export function parseImageConfig(json: unknown): ImageConfig | null {
  return imageConfig.safeParse(json).data ?? null;
}

/** Returns the environment as names and values, split from `NAME=value`. */
export function environment({ config }: ImageConfig): readonly Entry[] {
  return config.Env.map((one) => {
    const [name = ""] = one.split("=", 1);
    return [name, one.slice(name.length + 1)];
  });
}

/** Returns the settings that an image runs with, as names and values; unset ones are left out. */
export function settingsOf(image: ImageConfig): readonly Entry[] {
  const { config } = image;
  const all: readonly Entry[] = [
    ["Platform", [platformName(image), image["os.version"]].filter(Boolean).join(" ")],
    ["Entrypoint", commandLine(config.Entrypoint)],
    ["Command", commandLine(config.Cmd)],
    ["Working directory", config.WorkingDir ?? ""],
    ["User", config.User ?? ""],
    ["Ports", namesOf(config.ExposedPorts)],
    ["Volumes", namesOf(config.Volumes)],
    ["Stop signal", config.StopSignal ?? ""],
    ["Health check", healthText(config.Healthcheck)],
    ["Shell", commandLine(config.Shell)],
    ["On build", config.OnBuild.join("\n")],
  ];
  return all.filter(([, value]) => value !== "");
}

const NANOSECONDS = 1_000_000_000;

function seconds(name: string, value: number | null): string | null {
  return value ? `${name} ${value / NANOSECONDS} s` : null;
}

/**
 * Formats a health check in the order of `HEALTHCHECK` in a build's file: the command, then its timing. Durations are
 * in nanoseconds.
 */
function healthText(check: z.output<typeof healthcheck>): string {
  const [kind, ...words] = check?.Test ?? [];
  if (check === null || kind === undefined) return "";
  if (kind === "NONE") return "none";
  const when = [
    seconds("every", check.Interval),
    seconds("within", check.Timeout),
    seconds("after a start of", check.StartPeriod),
    seconds("during the start every", check.StartInterval),
    check.Retries ? `${check.Retries} ${check.Retries === 1 ? "retry" : "retries"}` : null,
  ].filter((part) => part !== null);
  const line = kind === "CMD-SHELL" ? words.join(" ") : commandLine(kind === "CMD" ? words : [kind, ...words]);
  return [line, ...when].join(", ");
}

function namesOf(named: readonly Entry[]): string {
  return named.map(([name]) => name).join(", ");
}

/** Quotes words as a shell would take them. */
function commandLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
