import { z } from "zod";
import { DEFAULT_CHUNK } from "../client/chunk-size.ts";
import { defineCommand } from "../command.ts";
import { runImport } from "../import/run-import.ts";
import { parseBytes } from "../output/format.ts";

const DEFAULT_JOBS = 4;
const MAX_JOBS = 64;

const input = z.object({
  source: z.string(),
  destination: z.string(),
  allTags: z.boolean().default(false),
  tags: z.array(z.string().min(1)).default([]),
  platform: z
    .array(z.string().regex(/^[\w.-]+\/[\w.-]+(\/[\w.-]+)?$/, "write it as linux/amd64, or linux/arm/v7"))
    .default([]),
  referrers: z.boolean().default(true),
  jobs: z.coerce.number("a number").int("a whole number").min(1).max(MAX_JOBS).default(DEFAULT_JOBS),
  chunkSize: z
    .string()
    .transform((text, context) => {
      const bytes = parseBytes(text);
      if (bytes !== null && bytes > 0) return bytes;
      context.addIssue({ code: "custom", message: "write it as 90MB or 64MiB" });
      return z.NEVER;
    })
    .default(DEFAULT_CHUNK),
  dryRun: z.boolean().default(false),
});

export const importCommand = defineCommand({
  name: "import",
  summary: "Copy an image from another registry, with all platforms, referrers and signatures",
  description: [
    "Nothing is written to the disk, and no Docker is needed. Digests stay what they are. Run it again after Ctrl-C or a failure: what is there is not copied again, and a blob that was half sent is gone on with.",
    "The destination's tag is the source's unless it names one. With --tags or --all-tags both are repositories.",
    "With --platform the index is left behind, since without its other platforms it would have another digest. One platform's manifest gets the tag; of several, each gets its own, as in 1.0-linux-amd64.",
    "Logins are Docker's: of docker login, or spacedock login.",
  ].join("\n\n"),
  examples: [
    "import alpine:3.20 registry.example.com/acme/alpine",
    "import --tags 'v1.*' --tags '!*-rc*' ghcr.io/acme/web registry.example.com/acme/web",
    "import --all-tags --dry-run quay.io/acme/web registry.example.com/acme/web",
    "import --platform linux/arm64 python:3.13 registry.example.com/acme/python:3.13-arm",
  ],
  arguments: {
    "<source>": "what to copy: alpine:3.20, ghcr.io/acme/web@sha256:…",
    "<destination>": "where to: registry.example.com/acme/alpine[:tag]",
  },
  options: {
    "--all-tags": "copy every tag of the repository",
    "--tags <glob...>": "copy the tags that match: v1.*, or all but those of !*-rc*",
    "--platform <os/architecture...>": "copy this platform's manifest alone, not the index",
    "--no-referrers": "leave signatures, SBOMs and whatever else refers to the image behind",
    "--jobs <n>": `how many blobs are copied at a time (${DEFAULT_JOBS})`,
    "--chunk-size <size>": "the most bytes that one request carries (90MB)",
    "--dry-run": "say what would be copied, and how many bytes; write nothing",
  },
  input,
  run: runImport,
});
