import * as z from "zod";
import type { Connection } from "../client/connection.ts";
import { deleteManifest, headManifest } from "../client/manifests.ts";
import { RefusedError } from "../client/problem.ts";
import { formatRemoteReference, manifestSelector, type RemoteReference } from "../client/reference.ts";
import { defineCommand } from "../command.ts";
import { openConnection } from "../connections.ts";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { YES_OPTION, yesInput } from "../input/options.ts";
import { confirm } from "../input/prompt.ts";
import { parseManagedReference } from "../managed/reference.ts";

export const rm = defineCommand({
  name: "rm",
  summary: "Delete tags, or manifests by digest",
  description: "Deleting a tag leaves its manifest. Deleting by digest removes the manifest with all its tags.",
  examples: ["rm acme/web:1.2.3", "rm acme/web:pr-1 acme/web:pr-2 --yes", "rm acme/web@sha256:4f53…"],
  arguments: { "<references...>": "what to delete, for example acme/web:1.2.3" },
  options: YES_OPTION,
  input: yesInput.extend({ references: z.array(z.string()) }),
  run: async (context, { references: named, yes }) => {
    const references = await Promise.all(named.map((text) => parseDeletable(context, text)));
    const [first] = references;
    const what = references.length === 1 && first ? formatRemoteReference(first) : list(references);
    await confirm(context, { question: `Delete ${what}?`, yes });
    let missing = 0;
    for (const reference of references) if (!(await remove(context, reference))) missing += 1;
    if (missing > 0) throw new CliError("not-found", `${missing} of ${references.length} not found`);
  },
});

async function parseDeletable(context: Context, text: string): Promise<RemoteReference> {
  const reference = await parseManagedReference(context, text);
  if (reference.tag === null && reference.digest === null) {
    throw new CliError("usage", `"${text}" is a repository: name a tag or digest`, {
      hint: `To delete the repository: spacedock repos delete ${reference.name}`,
    });
  }
  if (reference.tag === null || reference.digest === null) return reference;
  throw new CliError("usage", `"${text}" has both a tag and a digest: name only one`);
}

function list(references: readonly RemoteReference[]): string {
  return `${references.length} references:\n${references.map((one) => `  ${formatRemoteReference(one)}`).join("\n")}\nContinue`;
}

/** Deletes the reference. Returns false if there was none. */
async function remove(context: Context, reference: RemoteReference): Promise<boolean> {
  const { output } = context;
  const shown = formatRemoteReference(reference);
  const connection = await openConnection(context, reference.registry);
  try {
    const deleted = await deleteOne(connection, reference);
    if (deleted) output.show({ deleted: shown }, () => `deleted ${shown}`);
    else output.warn(`${shown} not found`);
    return deleted;
  } finally {
    await connection.close();
  }
}

/**
 * Deletes one tag or manifest. Many registries delete only by digest, and with it all its tags: the user has to decide
 * that.
 */
async function deleteOne(connection: Connection, reference: RemoteReference): Promise<boolean> {
  const { name, tag } = reference;
  try {
    return await deleteManifest(connection, name, manifestSelector(reference));
  } catch (failure) {
    const isByDigestOnly = failure instanceof RefusedError && [400, 405].includes(failure.status) && tag !== null;
    if (!isByDigestOnly) throw failure;
    const digest = (await headManifest(connection, name, tag))?.digest ?? null;
    throw new CliError("failure", failure.message, {
      hint:
        digest === null
          ? "This registry cannot delete tags."
          : `This registry deletes only by digest, with all tags of the manifest: spacedock rm ${formatRemoteReference({ ...reference, tag: null, digest })}`,
      cause: failure,
    });
  }
}
