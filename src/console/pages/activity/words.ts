import type { Activity } from "../../../contract/operations.ts";
import type { ActivitySearch } from "./search.ts";

/** Actions in a person's words. An action that is missing here is shown as the API names it. */
const WORDS: Partial<Record<string, string>> = {
  "tag.created": "pushed the new tag",
  "tag.updated": "moved the tag",
  "tag.deleted": "deleted the tag",
  "tag.reverted": "moved back the tag",
  "tag.undeleted": "brought back the tag",
  "manifest.pushed": "pushed the manifest",
  "manifest.deleted": "deleted the manifest",
  "manifest.undeleted": "brought back the manifest",
  "repository.changed": "changed the repository",
  "repository.deleted": "deleted the repository",
  "repository.undeleted": "brought back the repository",
  "space.created": "made the space",
  "space.changed": "changed the space",
  "space.deleted": "deleted the space",
  "token.created": "made the token",
  "token.revoked": "revoked the token",
  "session.began": "signed in to the console",
  "login.failed": "failed to log in",
  "session.ended": "signed out of the console",
  "trigger.created": "made the trigger",
  "trigger.changed": "changed the trigger",
  "trigger.deleted": "deleted the trigger",
  "trigger.enabled": "switched on the trigger",
  "trigger.disabled": "switched off the trigger",
  "trigger.tested": "tested the trigger",
  "trigger.replayed": "sent again what failed of the trigger",
  "target.created": "made the target",
  "target.changed": "changed the target",
  "target.deleted": "deleted the target",
  "target.enabled": "switched on the target",
  "target.disabled": "switched off the target",
  "target.tested": "tested the target",
  "target.secret-changed": "replaced the secret of the target",
  "delivery.redelivered": "sent again the delivery",
  "delivery.canceled": "canceled the delivery",
  "retention.created": "made the retention rule",
  "retention.changed": "changed the retention rule",
  "retention.deleted": "deleted the retention rule",
};

export const KIND_NAMES = {
  all: "everything",
  tag: "tags",
  manifest: "manifests",
  repository: "repositories",
  space: "the space",
  token: "tokens",
  session: "sign-ins",
  login: "failed logins",
  trigger: "triggers",
  target: "targets",
  delivery: "deliveries",
  retention: "retention rules",
} as const satisfies Record<NonNullable<ActivitySearch["kind"]> | "all", string>;

export function wordsOf({ action }: Activity): string {
  return WORDS[action] ?? action;
}

/** Describes the details of a request in a line. */
export function detailOf({ detail }: Activity): string {
  return Object.entries(detail ?? {})
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join(", ");
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(" ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([name, inner]) => `${name} ${valueText(inner)}`)
      .join(", ");
  }
  return value === null ? "none" : JSON.stringify(value).replaceAll('"', "");
}

/** Returns an actor's name. `administrator` is the holder of ADMIN_TOKEN, and `retention` is no person. */
export function actorName({ id, name }: Activity["actor"]): string {
  const names: Partial<Record<string, string>> = { administrator: "Administrator", retention: "Retention rules" };
  return names[id] ?? name;
}
