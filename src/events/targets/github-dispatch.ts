import * as z from "zod";
import { EVENT_TYPES, imageOf, type RegistryEvent, repositoryOf } from "../event.ts";
import { defineTarget, type StatusRules } from "../target.ts";
import { below, newestSecret, postJson } from "./request.ts";

const config = z.strictObject({
  owner: z
    .string()
    .max(100)
    .regex(/^[a-z0-9][a-z0-9_-]{0,99}$/i, "a GitHub user or organization")
    .meta({ title: "Owner", description: "The user or organization that owns the repository.", examples: ["acme"] }),
  repo: z
    .string()
    .max(100)
    .regex(/^(?!\.{1,2}$)[a-z0-9._-]{1,100}$/i, "a GitHub repository's name, without its owner")
    .meta({ title: "Repository", description: "The repository whose workflows run.", examples: ["deploy"] }),
  eventType: z
    .string()
    .min(1)
    .max(100)
    .default("registry-push")
    .meta({ title: "Event type", description: "The type that the workflow lists under repository_dispatch." }),
});

/** Makes the payload. GitHub takes ten keys at most. */
function clientPayload(event: RegistryEvent): object {
  const { id, type, registry, tag, digest, previousDigest, mediaType } = event;
  return {
    id,
    type: `registry.${type}`,
    timestamp: new Date(event.occurredAt).toISOString(),
    image: imageOf(event),
    registry,
    repository: repositoryOf(event),
    tag,
    digest,
    previousDigest,
    mediaType,
  };
}

const MOVED = { verdict: "failed", reason: "the GitHub repository was renamed or moved" } as const;

const STATUSES: StatusRules = {
  301: MOVED,
  307: MOVED,
  308: MOVED,
  401: { verdict: "retry", reason: "GitHub does not accept the token" },
  404: { verdict: "retry", reason: "GitHub has no such repository, or the token may not write its contents" },
  422: { verdict: "failed", reason: "GitHub refuses the event" },
};

export const githubDispatch = defineTarget({
  type: "github-dispatch",
  title: "GitHub Actions",
  description: "Starts a repository's workflows by repository_dispatch.",
  secret: "given",
  secretField: { title: "Token", description: "One that may write the repository's contents (contents: write)." },
  events: EVENT_TYPES,
  defaultUrl: "https://api.github.com",
  address: { description: "Default: GitHub itself." },
  config,
  request(attempt) {
    const { event, url } = attempt;
    const { owner, repo, eventType } = attempt.config;
    const body = JSON.stringify({ event_type: eventType, client_payload: clientPayload(event) });
    return postJson(below(url, ["repos", owner, repo, "dispatches"]), body, {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${newestSecret(attempt)}`,
      "x-github-api-version": "2022-11-28",
    });
  },
  statuses: () => STATUSES,
});
