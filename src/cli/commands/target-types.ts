/** The types of target in a registry of this version. A newer registry may have more, and lists them itself. */
export const TARGET_TYPES = [
  "standard-webhook",
  "octopus",
  "harbor",
  "github-dispatch",
  "gitlab-pipeline",
  "url-hook",
  "cloudevents",
  "distribution",
  "docker-hub",
  "quay",
  "acr",
  "keel",
  "generic-hmac",
] as const;
