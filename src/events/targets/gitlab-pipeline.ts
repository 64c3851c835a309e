import * as z from "zod";
import { EVENT_TYPES, imageOf, type RegistryEvent, repositoryOf } from "../event.ts";
import { defineTarget, type StatusRules } from "../target.ts";
import { below, newestSecret } from "./request.ts";

const config = z.strictObject({
  project: z
    .string()
    .max(255)
    .regex(/^[a-z0-9_][a-z0-9_.+-]*(?:\/[a-z0-9_][a-z0-9_.+-]*)*$/i, "a GitLab project's number or full path")
    .meta({ title: "Project", description: "Its number or full path.", examples: ["acme/deploy", "42"] }),
  ref: z
    .string()
    .min(1)
    .max(255)
    .meta({ title: "Branch or tag", description: "The branch or tag whose pipeline runs.", examples: ["main"] }),
});

/** The pipeline's variables; those without a value are left out. */
function variables(event: RegistryEvent): Readonly<Record<string, string | null>> {
  return {
    SPACEDOCK_EVENT: `registry.${event.type}`,
    SPACEDOCK_IMAGE: imageOf(event),
    SPACEDOCK_REGISTRY: event.registry,
    SPACEDOCK_REPOSITORY: repositoryOf(event),
    SPACEDOCK_TAG: event.tag,
    SPACEDOCK_DIGEST: event.digest,
  };
}

const STATUSES: StatusRules = {
  400: { verdict: "failed", reason: "GitLab refuses to create a pipeline" },
  401: { verdict: "retry", reason: "GitLab does not accept the trigger token" },
  404: { verdict: "retry", reason: "GitLab has no such project, or the trigger token is not its own" },
};

export const gitlabPipeline = defineTarget({
  type: "gitlab-pipeline",
  title: "GitLab pipeline",
  description: "Runs a pipeline with the image in its variables.",
  secret: "given",
  secretField: { title: "Trigger token", description: "The project's pipeline trigger token." },
  events: EVENT_TYPES,
  defaultUrl: "https://gitlab.com",
  address: { description: "Default: gitlab.com." },
  config,
  request(attempt) {
    const { project, ref } = attempt.config;
    const form = new URLSearchParams({ token: newestSecret(attempt), ref });
    for (const [name, value] of Object.entries(variables(attempt.event))) {
      if (value !== null) form.append(`variables[${name}]`, value);
    }
    return {
      url: below(attempt.url, ["api", "v4", "projects", project, "trigger", "pipeline"]),
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
    };
  },
  statuses: () => STATUSES,
});
