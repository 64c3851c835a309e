import * as z from "zod";
import { DEFAULT_CHUNK } from "../client/chunk-size.ts";
import { defineCommand } from "../command.ts";
import { runImport } from "../import/run-import.ts";
import { byteSize, jobs } from "../input/options.ts";

const DEFAULT_JOBS = 4;

const input = z.object({
  source: z.string(),
  destination: z.string(),
  allTags: z.boolean().default(false),
  tags: z.array(z.string().min(1)).default([]),
  platform: z
    .array(
      z
        .string()
        .regex(
          /^[\w.-]+\/[\w.-]+(\/[\w.-]+)?$/,
          "write it as os/architecture, for example linux/amd64 or linux/arm/v7",
        ),
    )
    .default([]),
  referrers: z.boolean().default(true),
  jobs: jobs.default(DEFAULT_JOBS),
  chunkSize: byteSize.default(DEFAULT_CHUNK),
  dryRun: z.boolean().default(false),
});

export const importCommand = defineCommand({
  name: "import",
  summary: "Copy an image from another registry, with all platforms, referrers and signatures",
  description: [
    "Nothing is written to disk, and Docker is not needed. Digests stay the same. After Ctrl-C or a failure, run it again: it skips what has been copied, and resumes blobs that were half sent.",
    "The tag stays the same unless the destination names another. With --tags or --all-tags, source and destination are repositories.",
    "With --platform the index is not copied, because without its other platforms it would have another digest. One platform's manifest gets the tag; with several, each gets its own, for example 1.0-linux-amd64.",
    "It uses the logins of docker login and spacedock login.",
  ].join("\n\n"),
  examples: [
    "import alpine:3.20 registry.example.com/acme/alpine",
    "import --tags 'v1.*' --tags '!*-rc*' ghcr.io/acme/web registry.example.com/acme/web",
    "import --all-tags --dry-run quay.io/acme/web registry.example.com/acme/web",
    "import --platform linux/arm64 python:3.13 registry.example.com/acme/python:3.13-arm",
  ],
  arguments: {
    "<source>": "what to copy, for example alpine:3.20 or ghcr.io/acme/web@sha256:…",
    "<destination>": "where to copy it, for example registry.example.com/acme/alpine[:tag]",
  },
  options: {
    "--all-tags": "copy every tag of the repository",
    "--tags <glob...>": "copy only tags that match, for example v1.*; !*-rc* excludes",
    "--platform <os/architecture...>": "copy only this platform's manifest, without the index",
    "--no-referrers": "do not copy signatures, SBOMs and other referrers",
    "--jobs <n>": `number of blobs to copy at a time (default: ${DEFAULT_JOBS})`,
    "--chunk-size <size>": "largest request to send (default: 90MB)",
    "--dry-run": "show what would be copied, and how many bytes, without copying",
  },
  input,
  run: runImport,
});
