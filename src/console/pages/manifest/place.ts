import type { Manifest } from "../../../contract/operations.ts";

/** Where a manifest is. */
export interface Place {
  readonly space: string;
  /** The repository's path. */
  readonly repository: string;
}

/** What the parts of a manifest's page show. */
export interface ManifestProps extends Place {
  readonly manifest: Manifest;
}
