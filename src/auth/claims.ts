import * as z from "zod";
import { REPOSITORY_ACTIONS } from "./scope.ts";

/** The subject of an anonymous token. */
export const ANONYMOUS = "anonymous";

const repositoryAccess = z.strictObject({
  type: z.literal("repository"),
  name: z.string(),
  /** Empty: the right was asked for and refused, so asking again is of no use. */
  actions: z.array(z.enum(REPOSITORY_ACTIONS)),
  /** The space's id. A space that is made again under the same name has another one. */
  space: z.int().optional(),
  /** The repository's id, if it existed. A repository that is made again under the same name has another one. */
  repository: z.int().optional(),
  /** True if the right was granted only because the repository is public. It holds while the repository is. */
  public: z.literal(true).optional(),
});

const catalogAccess = z.strictObject({
  type: z.literal("registry"),
  name: z.literal("catalog"),
  actions: z.tuple([z.literal("*")]),
  space: z.int(),
  spaceName: z.string(),
  repositories: z.array(z.string()),
});

/** Claims of an access token. The `access` claim is the one of distribution's token specification, with our ids. */
export const accessClaims = z.object({
  sub: z.string().min(1),
  access: z.array(z.discriminatedUnion("type", [repositoryAccess, catalogAccess])),
});

export type AccessClaims = z.infer<typeof accessClaims>;
export type AccessEntry = AccessClaims["access"][number];
export type RepositoryAccess = z.infer<typeof repositoryAccess>;
