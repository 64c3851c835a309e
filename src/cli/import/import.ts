import type { Connection } from "../client/connection.ts";
import type { Digest } from "../../oci/digest.ts";
import type { PushMemory } from "../push/memory.ts";
import type { Output } from "../output/output.ts";
import type { Companions } from "./companions.ts";
import type { Tally } from "./tally.ts";

/** A repository, and the connection to it. */
export interface Side {
  readonly connection: Connection;
  readonly name: string;
}

export interface ImportOptions {
  /** True if the referrers of an image are copied, too. */
  readonly referrers: boolean;
  /** The platforms to import, as in `linux/amd64`; empty: all, with the index unchanged. */
  readonly platforms: readonly string[];
  /** The number of requests and transfers at a time. */
  readonly jobs: number;
  readonly chunkSize: number;
  /** True: only read, write nothing. */
  readonly dryRun: boolean;
}

/** One run: its two sides, its options, and its progress so far, so that nothing is done twice. */
export interface Import {
  readonly source: Side;
  readonly destination: Side;
  readonly options: ImportOptions;
  readonly output: Output;
  /** The state that earlier runs left: half-sent uploads, and the repositories of blobs. */
  readonly memory: PushMemory;
  readonly tally: Tally;
  /** All of the source's tags, if they were listed; null: each tag is asked for. */
  readonly sourceTags: ReadonlySet<string> | null;
  /** Blobs that are at the destination by now, or on their way. */
  readonly blobs: Map<Digest, Promise<void>>;
  /**
   * Manifests that are at the destination by now, or on their way: the manifests in each, itself first; null if the
   * source lacks it.
   */
  readonly trees: Map<Digest, Promise<readonly Digest[] | null>>;
  /** Bytes of the manifests that were read. */
  readonly sizes: Map<Digest, number>;
  /** Referrers that the source has but that could not be copied, so that the run is not complete. */
  readonly leftBehind: Set<Digest>;
  /** The referrers of each manifest that was asked about. */
  readonly companions: Map<Digest, Promise<Companions>>;
}
