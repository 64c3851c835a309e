import { z } from "zod";
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
import { hasHost } from "../managed-reference.ts";
import { formatBytes } from "../../oci/size.ts";
import { knownLayers } from "../push/known-layers.ts";
import { push as pushSource, type PushOptions, summary } from "../push/push.ts";
import { openSource } from "../sources/open.ts";

const platform = z.string().regex(/^[a-z0-9]+\/[a-z0-9_.]+(?:\/[a-z0-9_.]+)?$/, "write it as in linux/amd64");

const tag = z.string().transform((text, context): Tag => {
  const parsed = parseTag(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: "custom", message: `"${text}" is no tag` });
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
  summary: "Push an image, an archive or an OCI layout, whatever the size of its layers",
  description:
    "The source is an OCI image layout's directory, a tar archive of one or of `docker save`, each with `:name` after it where " +
    "it holds several, or else an image of the local Docker engine. The destination without a registry in front " +
    "is one of --registry, or of where you logged in last. Large layers go in chunks: run it again after an " +
    "interruption, and what the registry acknowledged is not sent again.",
  examples: [
    "push web:1 registry.example.com/acme/web:1",
    "push ./layout:1.2 registry.example.com/acme/web:1.2 --tag latest --platform linux/amd64",
    "push image.tar registry.example.com/acme/model:1 --chunk-size 50MB --json",
  ],
  arguments: { "<source>": "what to push", "<destination>": "where to: [registry/]space/repository[:tag]" },
  options: {
    "--tag <tag...>": "a further tag for it",
    "--platform <platform>": "only this one of several, as in linux/amd64",
    "--compress": "gzip layers that are not compressed, also those of a layout; the digest is another one then",
    "--no-compress": "push layers as they are, also those that docker saved, which are compressed otherwise",
    "--jobs <number>": "how many blobs at a time (4)",
    "--chunk-size <size>": `the most that one request carries (${formatBytes(DEFAULT_CHUNK)}, less if the registry says so)`,
    "--mount-from <repository...>": "a repository of the same registry that may have the same layers",
  },
  input,
  run: async (context, given) => {
    const destination = await parseDestination(context, given.destination);
    // Its signal ends what is under way, for Ctrl-C and when one of several parts has failed.
    const stop = new AbortController();
    const stopped: Context = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
    const opened = await openConnection(stopped, destination.registry);
    const connection = heedingLimits(opened, (text) => context.output.note(text));
    try {
      await ping(connection);
      await run(stopped, connection, destination, { given, stop: (failure) => stop.abort(failure) });
    } catch (failure) {
      if (context.signal.aborted)
        context.output.note("What the registry has is kept: run it again to go on from there.");
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

/** A destination without a host is not Docker Hub's here, as it is for docker. */
async function parseDestination(context: Context, text: string): Promise<RemoteReference> {
  const { plainHttp } = context;
  if (hasHost(text)) return parseRemoteReference(text, { plainHttp });
  const registry = await managedRegistry(context);
  await sayWhere(context, registry);
  const { host, origin } = registry;
  return parseRemoteReference(`${host}/${text}`, { plainHttp: origin.startsWith("http:") });
}

/** What the registry's own sentence leaves open: what to do next. */
function explain(failure: unknown, { registry, name }: RemoteReference): unknown {
  if (!(failure instanceof RefusedError)) return failure;
  const hint = hintFor(failure, registry.host, name);
  return hint === null ? failure : new CliError(failure.kind, failure.message, { hint, cause: failure });
}

function hintFor({ code, kind }: RefusedError, host: string, name: string): string | null {
  if (code === "NAME_UNKNOWN" || code === "NAME_INVALID") {
    return `A destination is <space>/<repository>, in a space that exists: spacedock spaces list --registry ${host}`;
  }
  if (code === "DIGEST_INVALID") return "Run it again: what was left of an earlier upload has been dropped.";
  // A registry does not tell strangers which spaces there are.
  if (kind === "denied") return `Pushing to ${name} takes a token for that space: spacedock login ${host}`;
  return null;
}
