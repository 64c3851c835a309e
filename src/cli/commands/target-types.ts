/** The types of target that a registry of this version has; a newer one may have more, and says what it has. */
export const TARGET_TYPES = [
  "standard-webhook",
  "octopus",
  "url-hook",
  "github-dispatch",
  "gitlab-pipeline",
  "generic-hmac",
  "cloudevents",
  "harbor",
  "keel",
  "distribution",
  "docker-hub",
  "quay",
  "acr",
] as const;
