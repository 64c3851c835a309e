import type { z } from "zod";
import { activityOutput, activityQuery } from "./activity-schemas.ts";
import {
  blobTextOutput,
  blobTextQuery,
  manifestOutput,
  manifestQuery,
  referrerOutput,
  referrersQuery,
} from "./manifest-schemas.ts";
import {
  damagedOutput,
  listOf,
  newTokenOutput,
  pageQuery,
  repositoryOutput,
  revocationQuery,
  repositoryChanges,
  tagOutput,
  tagsDeletionInput,
  tagsDeletionOutput,
  tagsQuery,
  tokenInput,
  tokenOutput,
  whoamiOutput,
} from "./schemas.ts";
import { sessionInput, sessionOutput } from "./session-schemas.ts";
import { collectableOutput, storageDayOutput, storageOutput, storageQuery } from "./storage-schemas.ts";

/** What the OpenAPI document says of one operation; the same schemas parse its requests. */
export interface OperationReference {
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly status: 200 | 201 | 204;
  readonly output?: z.ZodType;
}

/** By the route's id, which is the operation's id too. */
export const REFERENCE = {
  whoami: { summary: "Show whose token this is and what it may do", status: 200, output: whoamiOutput },
  signIn: {
    summary: "Sign in to the console: sets a cookie; needs the header X-Spacedock-Console: 1",
    body: sessionInput,
    status: 200,
    output: sessionOutput,
  },
  getSession: { summary: "Show who is signed in to the console, if anyone", status: 200, output: sessionOutput },
  signOut: { summary: "Sign out of the console; needs the header X-Spacedock-Console: 1", status: 204 },
  listInstallationActivity: {
    summary: "List who created and deleted spaces and which administrators signed in, newest first",
    query: activityQuery,
    status: 200,
    output: listOf(activityOutput),
  },
  listActivity: {
    summary:
      "List who did what in a space, including pushes and deletions, newest first; a page may be short or empty before the end of the list",
    query: activityQuery,
    status: 200,
    output: listOf(activityOutput),
  },
  getStorage: {
    summary: "Show what a space stores, in total and by repository",
    query: storageQuery,
    status: 200,
    output: storageOutput,
  },
  getStorageHistory: {
    summary: "Show what a space stored day by day, latest first; 400 days are kept",
    query: pageQuery,
    status: 200,
    output: listOf(storageDayOutput),
  },
  previewCollection: {
    summary:
      "List what garbage collection would delete from a space, and when; a page may be short or empty before the end of the list",
    query: pageQuery,
    status: 200,
    output: listOf(collectableOutput),
  },
  createToken: {
    summary: "Create a token; its secret is shown only once",
    body: tokenInput,
    status: 201,
    output: newTokenOutput,
  },
  listTokens: { summary: "List a space's tokens", query: pageQuery, status: 200, output: listOf(tokenOutput) },
  getToken: { summary: "Show a token", status: 200, output: tokenOutput },
  revokeToken: { summary: "Revoke a token at once", query: revocationQuery, status: 204 },
  listRepositories: {
    summary:
      "List the repositories of a space that the caller may see; a page may be short or empty before the end of the list",
    query: pageQuery,
    status: 200,
    output: listOf(repositoryOutput),
  },
  getRepository: { summary: "Show a repository", status: 200, output: repositoryOutput },
  updateRepository: {
    summary: "Change a repository: who may pull, and which tags are immutable",
    body: repositoryChanges,
    status: 200,
    output: repositoryOutput,
  },
  deleteRepository: { summary: "Delete a repository with everything in it", status: 204 },
  listRepositoryTags: { summary: "List a repository's tags", query: tagsQuery, status: 200, output: listOf(tagOutput) },
  deleteTags: {
    summary: "Delete tags, with manifests that are left without a tag, or preview that",
    body: tagsDeletionInput,
    status: 200,
    output: tagsDeletionOutput,
  },
  getManifest: {
    summary: "Show a manifest: its text, its config, what it needs and what needs it; this does not count as a pull",
    query: manifestQuery,
    status: 200,
    output: manifestOutput,
  },
  listReferrers: {
    summary: "List what refers to a digest: signatures, SBOMs, attestations; a page may be shorter than requested",
    query: referrersQuery,
    status: 200,
    output: listOf(referrerOutput),
  },
  getBlobText: {
    summary: "Read a small text blob, for example an SBOM",
    query: blobTextQuery,
    status: 200,
    output: blobTextOutput,
  },
  listDamaged: {
    summary: "List what cannot be pulled because its stored bytes are missing or damaged; push it again to repair it",
    query: pageQuery,
    status: 200,
    output: listOf(damagedOutput),
  },
} as const satisfies Record<string, OperationReference>;
