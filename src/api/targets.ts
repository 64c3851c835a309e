import * as z from "zod";
import { targetSubject } from "../auth/identity-token.ts";
import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import type { Target } from "../events/stores.ts";
import {
  changedTarget,
  checkedAddress,
  checkedConfig,
  checkedDeploys,
  requireTargetType,
  secretFor,
  secretWanted,
} from "../events/target-settings.ts";
import { MIN_SECRET, type TargetType } from "../events/target.ts";
import { space } from "../guard.ts";
import { boundedRecord } from "../oci/bounds.ts";
import { RegistryError } from "../oci/errors.ts";
import { givenName, PLAIN_THROUGHOUT, plainText } from "../oci/plain-text.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation, type Unread } from "./operation.ts";
import { ANY_SETTINGS } from "./target-types.ts";
import { changesSomething, listOf, pageQuery, SOMETHING, time } from "./shapes.ts";

const url = plainText(2000);
/** The most settings of a target: far more than any type has. */
const MAX_SETTINGS = 50;

export const secretText = z.string().min(1).max(4096);
export const LONG_ENOUGH = `${MIN_SECRET} characters at least.`;

const config = boundedRecord(z.string().max(100), z.unknown(), MAX_SETTINGS)
  .refine(...PLAIN_THROUGHOUT)
  .meta({
    description: "Settings of the type, besides its address: GET /api/v1/target-types has them with their meaning.",
    ...ANY_SETTINGS,
  });

const deploys = z.boolean().meta({
  description:
    "True, the default: the target deploys what it receives, and retention keeps what it received last from each repository. False: it only notifies, like a chat: it hears of each push that matched, also of older versions, and retention ignores it. Targets whose deployments are followed always deploy.",
});

const targetInput = z.strictObject({
  name: givenName,
  type: z.string().max(50).meta({ description: "For example `standard-webhook`; GET /api/v1/target-types has all." }),
  url: url.optional().meta({ description: "https, on a public host. Some types have their own." }),
  secret: secretText
    .optional()
    .meta({ description: `For types that need your own secret. ${LONG_ENOUGH} It is never shown again.` }),
  config: config.default({}),
  deploys: deploys.optional(),
});

const targetChanges = z
  .strictObject({
    name: givenName.optional(),
    url: url.optional().meta({
      description:
        "A new address needs the secret again, or null for none; if the registry creates the secret, the answer has a new one.",
    }),
    secret: secretText
      .nullable()
      .optional()
      .meta({
        description: `Replaces the old secret at once; null: none. ${LONG_ENOUGH} To keep the old one for a day, rotate it.`,
      }),
    config: config.optional().meta({ description: "Replaces all of the old one." }),
    deploys: deploys.optional(),
  })
  .refine(changesSomething, SOMETHING);

const targetOutput = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    url: z.string().meta({ description: "Only the host, if the address itself is a secret." }),
    config: z.unknown().meta({ description: "The settings, with the type's defaults." }),
    deploys: z.boolean().meta({
      description: "False: the target only notifies: it hears of each push that matched, and retention ignores it.",
    }),
    hasSecret: z.boolean(),
    identity: z
      .object({ issuer: z.string(), subject: z.string() })
      .meta({ description: "The target's identity for a server that trusts this registry's tokens (OpenID Connect)." }),
    enabled: z.boolean(),
    disabledReason: z.string().nullable().meta({ description: "Why the registry disabled it." }),
    failingSince: time.nullable(),
    createdAt: time,
  })
  .meta({ id: "Target" });

const newTargetOutput = targetOutput
  .extend({
    secret: z.string().optional().meta({ description: "The secret, if the registry created it. Shown only once." }),
  })
  .meta({ id: "NewTarget" });

export const createTarget = defineOperation({
  id: "createTarget",
  method: "POST",
  path: "/api/v1/spaces/:space/targets",
  guard: space,
  summary: "Create a deployment target",
  body: targetInput,
  answer: newTargetOutput,
  made: ({ id }) => id,
  noStore: true,
  async run(call) {
    const { body: input, registry, grant } = call;
    const kind = requireTargetType(input.type);
    const address = checkedAddress(kind, input.url, registry.delivering.rules);
    const secret = secretFor(kind, input.secret);
    const target: Target = {
      id: generateId("tgt"),
      name: input.name,
      type: input.type,
      url: address.shown,
      config: checkedConfig(kind, input.config, secret !== null),
      deploys: checkedDeploys(kind, input.deploys),
      hasSecret: secret !== null,
      enabled: true,
      disabledReason: null,
      failingSince: null,
      createdAt: Date.now(),
    };
    await registry.events.targets.create(grant, target, address.whole, secret);
    await noteInSpace(call, "target.created", { subject: target.id, name: target.name, detail: { type: target.type } });
    return { ...view(call, target), ...createdSecret(kind, secret) };
  },
});

export const listTargets = defineOperation({
  id: "listTargets",
  method: "GET",
  path: "/api/v1/spaces/:space/targets",
  guard: space,
  summary: "List the targets",
  query: pageQuery,
  answer: listOf(targetOutput),
  async run(call) {
    const page = await call.registry.events.targets.list(call.grant, pageRequest(call.query));
    return listAnswer(
      page,
      (target) => view(call, target),
      ({ id }) => id,
    );
  },
});

export const getTarget = defineOperation({
  id: "getTarget",
  method: "GET",
  path: "/api/v1/spaces/:space/targets/:id",
  guard: space,
  summary: "Show a target",
  answer: targetOutput,
  async run(call) {
    return view(call, await requireTarget(call));
  },
});

/** Changes a target. Answers with its new secret if the registry made one, as it does for a new address. */
export const updateTarget = defineOperation({
  id: "updateTarget",
  method: "PATCH",
  path: "/api/v1/spaces/:space/targets/:id",
  guard: space,
  summary: "Change a target; a new address needs a new secret",
  body: targetChanges,
  answer: newTargetOutput,
  noStore: true,
  async run(call) {
    const { body: changes, registry, grant, params } = call;
    const id = params["id"] ?? "";
    const { targets } = registry.events;
    const opened = await targets.open(grant, id);
    if (opened === null) throw new RegistryError("TARGET_UNKNOWN");
    const update = changedTarget(opened, changes, registry.delivering.rules);
    const updated = await targets.update(grant, id, update);
    const target = await requireTarget(call);
    if (!updated) throw secretWanted();
    await noteInSpace(call, "target.changed", { subject: id, name: target.name });
    return { ...view(call, target), ...createdSecret(requireTargetType(target.type), update.secret) };
  },
});

export const deleteTarget = defineOperation({
  id: "deleteTarget",
  method: "DELETE",
  path: "/api/v1/spaces/:space/targets/:id",
  guard: space,
  summary: "Delete a target; its pending deliveries end",
  async run(call) {
    const { registry, grant } = call;
    const { id, name } = await requireTarget(call);
    if (!(await registry.events.targets.delete(grant, id, grant.actor))) throw new RegistryError("TARGET_UNKNOWN");
    await noteInSpace(call, "target.deleted", { subject: id, name });
  },
});

export const enableTarget = defineOperation({
  id: "enableTarget",
  method: "POST",
  path: "/api/v1/spaces/:space/targets/:id/enable",
  guard: space,
  summary: "Enable a target",
  answer: targetOutput,
  run: (call) => setEnabled(call, true),
});

export const disableTarget = defineOperation({
  id: "disableTarget",
  method: "POST",
  path: "/api/v1/spaces/:space/targets/:id/disable",
  guard: space,
  summary: "Disable a target",
  answer: targetOutput,
  run: (call) => setEnabled(call, false),
});

type TargetAnswer = Answer<typeof targetOutput>;

async function setEnabled(call: Unread<SpaceCall>, enabled: boolean): Promise<TargetAnswer> {
  const { registry, grant, params } = call;
  const known = await registry.events.targets.setEnabled(grant, params["id"] ?? "", enabled);
  if (!known) throw new RegistryError("TARGET_UNKNOWN");
  const target = await requireTarget(call);
  const { id, name } = target;
  await noteInSpace(call, enabled ? "target.enabled" : "target.disabled", { subject: id, name });
  return view(call, target);
}

/** Finds the target that the path names. Throws TARGET_UNKNOWN. */
export async function requireTarget({ registry, grant, params }: Unread<SpaceCall>): Promise<Target> {
  const target = await registry.events.targets.find(grant, params["id"] ?? "");
  if (target === null) throw new RegistryError("TARGET_UNKNOWN");
  return target;
}

/** Returns a new secret if the registry created it; the secret is shown only this once. */
export function createdSecret(type: TargetType, secret: string | null | undefined): { secret?: string } {
  return type.secret === "made" && typeof secret === "string" ? { secret } : {};
}

function view({ registry, grant }: Unread<SpaceCall>, { createdAt, failingSince, ...target }: Target): TargetAnswer {
  return {
    ...target,
    // For a server that is to trust this target's tokens (OpenID Connect).
    identity: { issuer: registry.realm.issuer, subject: targetSubject(grant.space, target.id) },
    failingSince: isoTimeOrNull(failingSince),
    createdAt: isoTime(createdAt),
  };
}
