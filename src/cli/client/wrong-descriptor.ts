import type { Digest } from "../../oci/digest.ts";
import { CliError } from "../exit.ts";
import { plural } from "../output/words.ts";

interface Sizes {
  readonly digest: Digest;
  /** Bytes that the descriptor states. */
  readonly size: number;
  /** Bytes that the content really has. */
  readonly actual: number;
}

/**
 * Returns the failure for a descriptor with the right digest and a wrong size: no registry takes it, and no client
 * could read it.
 */
export function wrongDescriptor(where: string, { digest, size, actual }: Sizes): CliError {
  const said = `the descriptor of ${digest} has the wrong size: it says ${plural(size, "byte")}, and the content has ${actual}`;
  return new CliError("invalid", `${where}: ${said}`, {
    hint: "The tool that made the manifest is at fault: build the image again, or report the problem there.",
  });
}
