import type { z } from "zod";
import {
  listOf,
  newTokenOutput,
  pageQuery,
  repositoryOutput,
  spaceInput,
  spaceOutput,
  tagOutput,
  tokenInput,
  tokenOutput,
  visibilityInput,
} from "./schemas.ts";

/** What the OpenAPI document says of one operation; the same schemas parse its requests. */
export interface OperationReference {
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly status: number;
  readonly output?: z.ZodType;
}

/** By the route's id, which is the operation's id too. */
export const OPERATIONS = {
  createSpace: { summary: "Create a space", body: spaceInput, status: 201, output: spaceOutput },
  listSpaces: { summary: "List the spaces", query: pageQuery, status: 200, output: listOf(spaceOutput) },
  getSpace: { summary: "Show a space", status: 200, output: spaceOutput },
  updateSpace: { summary: "Make a space public or private", body: visibilityInput, status: 200, output: spaceOutput },
  deleteSpace: { summary: "Delete a space with its repositories, and revoke its tokens", status: 204 },
  createToken: {
    summary: "Create a token; its secret is shown this once",
    body: tokenInput,
    status: 201,
    output: newTokenOutput,
  },
  listTokens: { summary: "List a space's tokens", query: pageQuery, status: 200, output: listOf(tokenOutput) },
  getToken: { summary: "Show a token", status: 200, output: tokenOutput },
  revokeToken: { summary: "Revoke a token, at once", status: 204 },
  listRepositories: {
    summary: "List a space's repositories",
    query: pageQuery,
    status: 200,
    output: listOf(repositoryOutput),
  },
  getRepository: { summary: "Show a repository", status: 200, output: repositoryOutput },
  updateRepository: {
    summary: "Make a repository public or private",
    body: visibilityInput,
    status: 200,
    output: repositoryOutput,
  },
  deleteRepository: { summary: "Delete a repository with everything in it", status: 204 },
  listRepositoryTags: { summary: "List a repository's tags", query: pageQuery, status: 200, output: listOf(tagOutput) },
} as const satisfies Record<string, OperationReference>;

export type OperationId = keyof typeof OPERATIONS;
