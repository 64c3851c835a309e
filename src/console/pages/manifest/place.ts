import type { Manifest } from "../../../contract/operations.ts";

/** A manifest's space and repository. */
export interface Place {
  readonly space: string;
  /** The repository's path. */
  readonly repository: string;
}

/** Properties of the parts of a manifest's page. */
export interface ManifestProps extends Place {
  readonly manifest: Manifest;
}
