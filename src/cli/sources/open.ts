import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { type ArchiveFiles, archiveFiles, openArchive } from "./archive.ts";
import { compressLayers, type KnownLayers, remarkUncompressed } from "./compress.ts";
import { directoryFiles } from "./directory.ts";
import { DOCKER_MANIFEST, openDockerArchive } from "./docker-archive.ts";
import { spoolEngineImage } from "./engine-image.ts";
import { LAYOUT_INDEX, openLayout } from "./layout.ts";
import { isIndex, pickPlatform, pickPresent } from "./platform.ts";
import type { Source } from "./source.ts";

export interface SourceOptions {
  /** The platform to take from an index, as `linux/amd64`; null: all of them. */
  readonly platform: string | null;
  /**
   * True: compress uncompressed layers. Null: only for images that docker saved, whose layers docker would compress on
   * a push.
   */
  readonly compress: boolean | null;
  /**
   * Finds compressed layers at the destination.
   * @param repoDigests the engine's other names of the image, as `host/name@sha256:…`
   */
  readonly known: (repoDigests: readonly string[]) => KnownLayers;
  /** Called before much is read, to refuse a push that cannot succeed. */
  readonly beforeReading: () => Promise<void>;
}

/**
 * Opens a source: a layout's directory or an archive, each perhaps with `:name` for one image of several, else an image
 * of the Docker engine.
 */
export async function openSource(context: Context, text: string, options: SourceOptions): Promise<Source> {
  const { source, isSaved, repoDigests } = await openAny(context, text, options);
  try {
    const picked = options.platform === null ? source : await pickPlatform(source, options.platform);
    const isDefault = options.compress === null && isSaved && !isIndex(picked.root);
    if (options.compress || isDefault) {
      return await compressLayers(context, picked, { known: options.known(repoDigests), isDefault });
    }
    if (options.compress === null) await remarkUncompressed(context, picked);
    return picked;
  } catch (failure) {
    await source.close();
    throw failure;
  }
}

interface Opened {
  readonly source: Source;
  /** True if docker's engine saved the image without a manifest of its own, so that one was made for the archive. */
  readonly isSaved: boolean;
  readonly repoDigests: readonly string[];
}

async function openAny(context: Context, text: string, { platform, beforeReading }: SourceOptions): Promise<Opened> {
  const place = await findPlace(text);
  if (place?.kind === "directory") {
    const source = await openLayout(directoryFiles(place.path), place.wanted);
    return { source, isSaved: false, repoDigests: [] };
  }
  // With a platform, only that platform's manifest has to be present.
  const pick = (source: Source): Promise<Source> =>
    platform === null ? pickPresent(source, (remark) => context.output.note(remark)) : Promise.resolve(source);
  if (place !== null) return closing(await openArchive(context, place.path), place.wanted, pick);
  if (looksLikePath(text)) throw noSuchFile(text);
  const { handle, size, close, image } = await spoolEngineImage(context, text, platform, beforeReading);
  const span = { handle, offset: 0, length: size, name: text };
  const opened = await closing(await archiveFiles(span, close), null, pick);
  // An engine that keeps manifests, as containerd's store does, pushes its layers as they are.
  return { ...opened, isSaved: opened.isSaved && image.Descriptor == null, repoDigests: image.RepoDigests ?? [] };
}

/** Opens an image in an archive, and closes the archive again if that fails. */
async function closing(
  files: ArchiveFiles,
  wanted: string | null,
  pick: (source: Source) => Promise<Source>,
): Promise<Opened> {
  try {
    const source = await pick(await openTar(files, wanted));
    return { source, isSaved: (await files.size(DOCKER_MANIFEST)) !== null, repoDigests: [] };
  } catch (failure) {
    await files.close();
    throw failure;
  }
}

/**
 * Opens a tar's layout if there is one. Since version 25 docker writes both forms, and only the layout keeps digests.
 */
async function openTar(files: ArchiveFiles, wanted: string | null): Promise<Source> {
  if ((await files.size(LAYOUT_INDEX)) !== null) return openLayout(files, wanted);
  if ((await files.size(DOCKER_MANIFEST)) !== null) return openDockerArchive(files, wanted);
  if (!files.isComplete) {
    throw new CliError("invalid", `${files.name} is truncated: its end and its index are missing`, {
      hint: "Make or copy the archive again.",
    });
  }
  throw new CliError("invalid", `${files.name} holds no image: it has neither ${LAYOUT_INDEX} nor ${DOCKER_MANIFEST}`);
}

interface Place {
  readonly kind: "directory" | "file";
  readonly path: string;
  /** The name after the path; null: none was given. */
  readonly wanted: string | null;
}

/**
 * Splits a text into path and name. The path may have colons of its own: the whole text is tried first, then the parts,
 * from the shortest.
 */
async function findPlace(text: string): Promise<Place | null> {
  const colons = [...text.matchAll(/:/g)].map(({ index }) => index);
  const splits = [
    { path: text, wanted: null },
    ...colons.map((at) => ({ path: text.slice(0, at), wanted: text.slice(at + 1) })),
  ];
  for (const { path, wanted } of splits) {
    const kind = await kindOf(path);
    if (kind === "layout") return { kind: "directory", path, wanted };
    if (kind === "file") return { kind: "file", path, wanted };
    if (kind === "directory" && looksLikePath(path)) throw noLayout(path);
  }
  return null;
}

/** Finds out what a path is. A directory that happens to have an image's name is no layout. */
async function kindOf(path: string): Promise<"layout" | "directory" | "file" | null> {
  if (path === "") return null;
  const stats = await stat(path).catch(() => null);
  if (stats === null) return null;
  if (!stats.isDirectory()) return "file";
  const isLayout = await stat(join(path, LAYOUT_INDEX)).then(
    (index) => index.isFile(),
    () => false,
  );
  return isLayout ? "layout" : "directory";
}

function looksLikePath(text: string): boolean {
  return /^\.{0,2}[/\\]|^\.{1,2}$|\.(?:tar|t?gz|t?xz|t?bz2?|t?zst)$/.test(text);
}

function noLayout(path: string): CliError {
  return new CliError("invalid", `${path} is not an OCI image layout: it has no ${LAYOUT_INDEX}`);
}

function noSuchFile(path: string): CliError {
  return new CliError("not-found", `${path} not found`);
}
