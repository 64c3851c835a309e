import { targetSubject } from "../auth/identity-token.ts";
import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import type { Target } from "../events/stores.ts";
import {
  changedTarget,
  checkedAddress,
  checkedConfig,
  checkedDeploys,
  invalid,
  requireTargetType,
  secretFor,
  secretWanted,
} from "../events/target-settings.ts";
import { RegistryError } from "../oci/errors.ts";
import { pageQuery } from "./schemas.ts";
import { secretInput, targetChanges, targetInput } from "./event-schemas.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, listResponse, pageRequest } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";

/** Milliseconds for which a replaced secret goes on signing, so that receivers can change theirs: a day. */
const ROTATION = 86_400_000;

export async function createTarget(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const input = await readBody(targetInput, call);
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
  const created = await registry.events.targets.create(grant, target, address.whole, secret);
  if (!created) throw new RegistryError("SPACE_UNKNOWN");
  await noteInSpace(call, "target.created", { subject: target.id, name: target.name, detail: { type: target.type } });
  const body = { ...view(call, target), ...(kind.secret === "made" && { secret }) };
  const headers = { Location: `/api/v1/spaces/${grant.space}/targets/${target.id}`, "Cache-Control": "no-store" };
  return Response.json(body, { status: 201, headers });
}

export async function listTargets(call: SpaceCall): Promise<Response> {
  const page = await call.registry.events.targets.list(call.grant, pageRequest(readQuery(pageQuery, call)));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  return listResponse(
    page,
    (target) => view(call, target),
    ({ id }) => id,
  );
}

export async function getTarget(call: SpaceCall): Promise<Response> {
  return Response.json(view(call, await requireTarget(call)));
}

/** Answers with the new secret, where there is one of ours: it changes with the address. */
export async function updateTarget(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const changes = await readBody(targetChanges, call);
  const id = params["id"] ?? "";
  const { targets } = registry.events;
  const opened = await targets.open(grant, id);
  if (opened === null) throw new RegistryError("TARGET_UNKNOWN");
  const update = changedTarget(opened, changes, registry.delivering.rules);
  const updated = await targets.update(grant, id, update);
  const target = await requireTarget(call);
  if (!updated) throw secretWanted();
  await noteInSpace(call, "target.changed", { subject: id, name: target.name });
  const isMade = requireTargetType(target.type).secret === "made" && update.secret !== undefined;
  const body = { ...view(call, target), ...(isMade && { secret: update.secret }) };
  return Response.json(body, { headers: { "Cache-Control": "no-store" } });
}

export async function deleteTarget(call: SpaceCall): Promise<Response> {
  const { id, name } = await requireTarget(call);
  if (!(await call.registry.events.targets.delete(call.grant, id, call.grant.actor)))
    throw new RegistryError("TARGET_UNKNOWN");
  await noteInSpace(call, "target.deleted", { subject: id, name });
  return new Response(null, { status: 204 });
}

/** A handler that switches a target on or off. */
export function switchTarget(enabled: boolean): (call: SpaceCall) => Promise<Response> {
  return async (call) => {
    const { registry, grant, params } = call;
    const known = await registry.events.targets.setEnabled(grant, params["id"] ?? "", enabled);
    if (!known) throw new RegistryError("TARGET_UNKNOWN");
    const target = await requireTarget(call);
    const { id, name } = target;
    await noteInSpace(call, enabled ? "target.enabled" : "target.disabled", { subject: id, name });
    return Response.json(view(call, target));
  };
}

export async function rotateTargetSecret(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const input = await readBody(secretInput, call);
  const target = await requireTarget(call);
  const kind = requireTargetType(target.type);
  const secret = secretFor(kind, input.secret);
  if (secret === null) throw invalid("secret", "this type has no secret to replace");
  const previousUntil = Date.now() + ROTATION;
  const rotated = await registry.events.targets.rotateSecret(grant, target.id, secret, previousUntil);
  if (!rotated) throw new RegistryError("TARGET_UNKNOWN");
  await noteInSpace(call, "target.secret-changed", { subject: target.id, name: target.name });
  const body = { ...(kind.secret === "made" && { secret }), previousUntil: isoTime(previousUntil) };
  return Response.json(body, { headers: { "Cache-Control": "no-store" } });
}

async function requireTarget({ registry, grant, params }: SpaceCall): Promise<Target> {
  const target = await registry.events.targets.find(grant, params["id"] ?? "");
  if (target === null) throw new RegistryError("TARGET_UNKNOWN");
  return target;
}

function view({ registry, grant }: SpaceCall, { createdAt, failingSince, ...target }: Target): object {
  return {
    ...target,
    // What a server has to be told that shall trust this target's tokens (OpenID Connect).
    identity: { issuer: registry.realm.issuer, subject: targetSubject(grant.space, target.id) },
    failingSince: isoTimeOrNull(failingSince),
    createdAt: isoTime(createdAt),
  };
}
