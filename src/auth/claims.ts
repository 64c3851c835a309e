import { z } from "zod";
import { REPOSITORY_ACTIONS } from "./scope.ts";

/** The subject of a token that was given to nobody in particular. */
export const ANONYMOUS = "anonymous";

const repositoryAccess = z.strictObject({
  type: z.literal("repository"),
  name: z.string(),
  /** Empty: it was asked for and is not granted, so asking again is of no use. */
  actions: z.array(z.enum(REPOSITORY_ACTIONS)),
  /** The space's id: a space that is made again under the same name is another. */
  space: z.int().optional(),
  /** The repository's id, if it existed; one made again under the same name is another. */
  repository: z.int().optional(),
  /** Granted only because the repository is public; holds while it is. */
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

/** What an access token says; the `access` claim is the one of distribution's token specification, with our ids. */
export const accessClaims = z.object({
  sub: z.string().min(1),
  access: z.array(z.discriminatedUnion("type", [repositoryAccess, catalogAccess])),
});

export type AccessClaims = z.infer<typeof accessClaims>;
export type AccessEntry = AccessClaims["access"][number];
export type RepositoryAccess = z.infer<typeof repositoryAccess>;
