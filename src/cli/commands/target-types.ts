/** The types of target that a registry of this version has; a newer one may have more, and says what it has. */
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
