import { posix } from "node:path";
import { Header } from "tar/header";
import { Pax } from "tar/pax";
import { CliError } from "../exit.ts";
import { readAt, type Span } from "./span.ts";

/** The position of a file's bytes in the archive. */
interface TarEntry {
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** The positions of all files in an archive, so that it need not be unpacked. */
export interface TarIndex {
  /** Finds the file of a path, through links; null if there is none. */
  readonly find: (path: string) => TarEntry | null;
  /** True if the archive's end mark was found; otherwise files may be missing. */
  readonly isComplete: boolean;
}

const BLOCK = 512;

/** Far above the entries in an image's archive; any other large archive is given up early. */
const MAX_ENTRIES = 100_000;
const MAX_EXTENSION_BYTES = 1024 * 1024;

/** Docker's archives link each layer to the first equal one; no chain of links is longer than this. */
const MAX_LINKS = 8;

interface Found {
  readonly files: Map<string, TarEntry>;
  readonly links: Map<string, string>;
}

/** Properties that the blocks before an entry give it: pax records (POSIX), or GNU's blocks for long names. */
interface Extension {
  readonly own: Overrides;
  /** Applies to all entries from here on. */
  readonly all: Overrides;
}

interface Overrides {
  path?: string;
  linkpath?: string;
  size?: number;
}

const NO_EXTENSION: Extension = { own: {}, all: {} };

const FILES: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile"]);

/** Functions that read an extension's content, by the type of its entry. */
const EXTENSIONS: Readonly<Record<string, (extension: Extension, text: string) => Extension>> = {
  ExtendedHeader: ({ own, all }, text) => ({ own: { ...own, ...parsePax(text) }, all }),
  OldExtendedHeader: ({ own, all }, text) => ({ own: { ...own, ...parsePax(text) }, all }),
  GlobalExtendedHeader: ({ own, all }, text) => ({ own, all: { ...all, ...parsePax(text) } }),
  NextFileHasLongPath: ({ own, all }, text) => ({ own: { ...own, path: untilNull(text) }, all }),
  OldGnuLongPath: ({ own, all }, text) => ({ own: { ...own, path: untilNull(text) }, all }),
  NextFileHasLongLinkpath: ({ own, all }, text) => ({ own: { ...own, linkpath: untilNull(text) }, all }),
};

/**
 * Reads an archive's headers and skips all content. Null if the span is no tar archive. Throws an `invalid` CliError if
 * it is cut off or damaged.
 */
export async function indexTar(span: Span): Promise<TarIndex | null> {
  const found: Found = { files: new Map(), links: new Map() };
  let extension = NO_EXTENSION;
  let at = 0;
  for (let entries = 0; at + BLOCK <= span.length; entries++) {
    const block = await readAt(span.handle, span.offset + at, BLOCK);
    const header = parseHeader(block, extension);
    if (header?.nullBlock) return at === 0 ? null : { find: finder(found), isComplete: true };
    if (header?.size === undefined) {
      if (at === 0) return null;
      throw new CliError("invalid", `${span.name} is damaged: the entry at byte ${at} is missing`);
    }
    if (entries === MAX_ENTRIES) throw new CliError("invalid", `${span.name} has too many files to be an image`);
    const entry: TarEntry = { offset: at + BLOCK, size: header.size };
    at = entry.offset + Math.ceil(entry.size / BLOCK) * BLOCK;
    if (entry.offset + entry.size > span.length) throw truncated(span, header.path ?? "an entry");
    extension = await take(span, header, entry, { found, extension });
  }
  return at === 0 ? null : { find: finder(found), isComplete: false };
}

/** Parses a header; null if the block is none. */
function parseHeader(block: Buffer, { own, all }: Extension): Header | null {
  try {
    const header = new Header(block, 0, own, all);
    return header.cksumValid || header.nullBlock ? header : null;
  } catch {
    return null;
  }
}

/** Notes an entry, and returns the extension for the next one. */
async function take(
  span: Span,
  { type, path = "", linkpath = "" }: Header,
  entry: TarEntry,
  { found: { files, links }, extension }: { readonly found: Found; readonly extension: Extension },
): Promise<Extension> {
  const extend = EXTENSIONS[type];
  if (extend !== undefined) return extend(extension, await textOf(span, entry));
  const name = normal(path);
  if (FILES.has(type)) {
    files.set(name, { offset: span.offset + entry.offset, size: entry.size });
    links.delete(name);
  } else if (type === "SymbolicLink") links.set(name, normal(posix.join(posix.dirname(path), linkpath)));
  else if (type === "Link") links.set(name, normal(linkpath));
  // Directories and devices hold nothing to push.
  return { own: {}, all: extension.all };
}

function parsePax(text: string): Overrides {
  const { path, linkpath, size } = Pax.parse(text);
  return {
    ...(path !== undefined && { path }),
    ...(linkpath !== undefined && { linkpath }),
    ...(size !== undefined && { size }),
  };
}

async function textOf(span: Span, { offset, size }: TarEntry): Promise<string> {
  if (size > MAX_EXTENSION_BYTES) throw new CliError("invalid", `${span.name} is damaged: a name is over 1 MiB long`);
  return (await readAt(span.handle, span.offset + offset, size)).toString("utf8");
}

function untilNull(text: string): string {
  return text.replace(/\0.*$/s, "");
}

function normal(path: string): string {
  return posix.normalize(`/${path}`).slice(1);
}

function finder({ files, links }: Found): TarIndex["find"] {
  return (path) => {
    let name = normal(path);
    for (let followed = 0; followed <= MAX_LINKS; followed++) {
      const target = links.get(name);
      if (target === undefined) return files.get(name) ?? null;
      name = target;
    }
    return null;
  };
}

function truncated({ name }: Span, path: string): CliError {
  return new CliError("invalid", `${name} is truncated: it ends in the middle of ${path}`, {
    hint: "Make or copy the archive again.",
  });
}
