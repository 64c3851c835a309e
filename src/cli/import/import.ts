import type { Connection } from "../client/connection.ts";
import type { Digest } from "../../oci/digest.ts";
import type { PushMemory } from "../push/memory.ts";
import type { Output } from "../output/output.ts";
import type { Companions } from "./companions.ts";
import type { Tally } from "./tally.ts";

/** A repository, and the way to it. */
export interface Side {
  readonly connection: Connection;
  readonly name: string;
}

export interface ImportOptions {
  /** True if what refers to an image comes along. */
  readonly referrers: boolean;
  /** As in `linux/amd64`; empty: all, under the index as it is. */
  readonly platforms: readonly string[];
  /** How many requests and transfers there are at a time. */
  readonly jobs: number;
  readonly chunkSize: number;
  /** Look, and write nothing. */
  readonly dryRun: boolean;
}

/** One run: where from, where to, and what has come to pass so far, so that nothing is done twice. */
export interface Import {
  readonly source: Side;
  readonly destination: Side;
  readonly options: ImportOptions;
  readonly output: Output;
  /** What earlier runs left: half-sent uploads, and where blobs are. */
  readonly memory: PushMemory;
  readonly tally: Tally;
  /** All of the source's tags, where they were listed; else each is asked for. */
  readonly sourceTags: ReadonlySet<string> | null;
  /** Blobs that are at the destination by now, or on their way. */
  readonly blobs: Map<Digest, Promise<void>>;
  /** The same for manifests: all that each consists of, itself first; null where the source has none. */
  readonly trees: Map<Digest, Promise<readonly Digest[] | null>>;
  /** Bytes of the manifests that were read. */
  readonly sizes: Map<Digest, number>;
  /** Referrers that the source has and that could not be brought: not all was done. */
  readonly leftBehind: Set<Digest>;
  /** What refers to each manifest that was asked after. */
  readonly companions: Map<Digest, Promise<Companions>>;
}
