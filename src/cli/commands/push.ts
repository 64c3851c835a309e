import * as z from "zod";
import { parseTag, type Tag } from "../../oci/reference.ts";
import { DEFAULT_CHUNK } from "../client/chunk-size.ts";
import type { Connection } from "../client/connection.ts";
import { ping } from "../client/ping.ts";
import { heedingLimits } from "../client/rate-limit.ts";
import { RefusedError } from "../client/problem.ts";
import { parseRemoteReference, type RemoteReference } from "../client/reference.ts";
import { requirePush } from "../client/push-right.ts";
import { defineCommand } from "../command.ts";
import { managedRegistry, openConnection, sayWhere } from "../connections.ts";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { byteSize, jobs } from "../input/options.ts";
import { hasHost } from "../managed/reference.ts";
import { formatBytes } from "../../oci/size.ts";
import { knownLayers } from "../push/known-layers.ts";
import { push as pushSource, type PushOptions, summary } from "../push/push.ts";
import { openSource } from "../sources/open.ts";

const platform = z
  .string()
  .regex(/^[a-z0-9]+\/[a-z0-9_.]+(?:\/[a-z0-9_.]+)?$/, "write it as os/architecture, for example linux/amd64");

const tag = z.string().transform((text, context): Tag => {
  const parsed = parseTag(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: "custom", message: `"${text}" is not a valid tag` });
  return z.NEVER;
});

const input = z.object({
  source: z.string().min(1),
  destination: z.string().min(1),
  tag: z.array(tag).default([]),
  platform: platform.optional(),
  compress: z.boolean().optional(),
  jobs: jobs.default(4),
  chunkSize: byteSize.default(DEFAULT_CHUNK),
  mountFrom: z.array(z.string().min(1)).default([]),
});

type Input = z.output<typeof input>;

export const push = defineCommand({
  name: "push",
  summary: "Push an image, an archive or an OCI layout, with layers of any size",
  description:
    "The source is a directory with an OCI image layout, a tar archive of one or from `docker save`, or an image of the " +
    "local Docker engine. If a layout or archive holds several images, add `:name` to choose one. A destination without " +
    "a registry is at --registry, or where you logged in last. Large layers are sent in chunks. After an interruption, " +
    "run it again: what the registry has acknowledged is not sent again.",
  examples: [
    "push web:1 registry.example.com/acme/web:1",
    "push ./layout:1.2 registry.example.com/acme/web:1.2 --tag latest --platform linux/amd64",
    "push image.tar registry.example.com/acme/model:1 --chunk-size 50MB --json",
  ],
  arguments: { "<source>": "what to push", "<destination>": "where to push it: [registry/]space/repository[:tag]" },
  options: {
    "--tag <tag...>": "another tag to set",
    "--platform <platform>": "push only this platform, for example linux/amd64",
    "--compress": "compress layers with gzip, also those of a layout; this changes the digest",
    "--no-compress": "push layers as they are; by default, those from docker are compressed",
    "--jobs <number>": "number of blobs to push at a time (default: 4)",
    "--chunk-size <size>": `largest request to send (default: ${formatBytes(DEFAULT_CHUNK)}, less if the registry asks for less)`,
    "--mount-from <repository...>": "a repository of the same registry that may have the same layers",
  },
  input,
  run: async (context, given) => {
    const destination = await parseDestination(context, given.destination);
    // Ends the work under way: on Ctrl-C, and when one of several parts has failed.
    const stop = new AbortController();
    const stopped: Context = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
    const opened = await openConnection(stopped, destination.registry);
    const connection = heedingLimits(opened, (text) => context.output.note(text));
    try {
      await ping(connection);
      await run(stopped, connection, destination, { given, stop: (failure) => stop.abort(failure) });
    } catch (failure) {
      if (context.signal.aborted)
        context.output.note("What the registry has received is kept; run it again to continue.");
      throw explain(failure, destination);
    } finally {
      await connection.close();
    }
  },
});

async function run(
  context: Context,
  connection: Connection,
  destination: RemoteReference,
  { given, stop }: { readonly given: Input; readonly stop: PushOptions["stop"] },
): Promise<void> {
  const { env, output } = context;
  const source = await openSource(context, given.source, {
    platform: given.platform ?? null,
    compress: given.compress ?? null,
    known: (repoDigests) => knownLayers(connection, destination, { env, repoDigests }),
    beforeReading: () => requirePush(connection, destination.name),
  });
  try {
    const { tag: tags, ...options } = given;
    const pushed = await pushSource(connection, source, destination, { ...options, tags, env, output, stop });
    output.show(pushed, () => summary(pushed));
  } finally {
    await source.close();
  }
}

/**
 * Parses the destination. Without a host it is not Docker Hub's, as it would be for docker, but the managed registry's.
 */
async function parseDestination(context: Context, text: string): Promise<RemoteReference> {
  const { plainHttp } = context;
  if (hasHost(text)) return parseRemoteReference(text, { plainHttp });
  const registry = await managedRegistry(context);
  await sayWhere(context, registry);
  const { host, origin } = registry;
  return parseRemoteReference(`${host}/${text}`, { plainHttp: origin.startsWith("http:") });
}

/** Adds the next step to a registry's refusal, which does not say it. */
function explain(failure: unknown, { registry, name }: RemoteReference): unknown {
  if (!(failure instanceof RefusedError)) return failure;
  const hint = hintFor(failure, registry.host, name);
  return hint === null ? failure : new CliError(failure.kind, failure.message, { hint, cause: failure });
}

function hintFor({ code, kind }: RefusedError, host: string, name: string): string | null {
  if (code === "NAME_UNKNOWN" || code === "NAME_INVALID") {
    return `Push to <space>/<repository>, in an existing space. List the spaces: spacedock spaces list --registry ${host}`;
  }
  if (code === "DIGEST_INVALID") return "Run it again; the rest of the earlier upload was discarded.";
  // A registry does not tell strangers which spaces exist.
  if (kind === "denied") return `Log in with a token that may push to ${name}: spacedock login ${host}`;
  return null;
}
