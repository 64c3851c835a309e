import { targetSubject } from "../auth/identity-token.ts";
import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import { addressProblem } from "../events/address.ts";
import type { Target } from "../events/stores.ts";
import { makeWebhookSecret } from "../events/sign.ts";
import { givenSecret, type TargetType } from "../events/target.ts";
import { findTargetType, TARGET_TYPES } from "../events/targets/index.ts";
import { RegistryError } from "../oci/errors.ts";
import { pageQuery } from "./schemas.ts";
import { secretInput, targetInput } from "./event-schemas.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, listResponse, pageRequest, readBody, readQuery } from "./operation.ts";

/** Milliseconds for which a replaced secret goes on signing, so that receivers can change theirs: a day. */
const ROTATION = 86_400_000;

export async function createTarget(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const input = await readBody(targetInput, call);
  const kind = requireKind(input.type);
  const url = input.url ?? kind.defaultUrl;
  if (url === null) throw invalid("url", "this type needs one");
  const problem = addressProblem(url, registry.delivering.rules);
  if (problem !== null) throw invalid("url", problem);
  const config = kind.parseConfig(input.config);
  if (!config.ok) {
    const detail = config.problems.map(({ path, message }) => ({ path: ["config", path].join("."), message }));
    throw new RegistryError("REQUEST_INVALID", { message: "the request is not valid; see errors", detail });
  }
  const secret = secretFor(kind, input.secret);
  const unfit = kind.secretProblem(config.data, secret !== null);
  if (unfit !== null) throw invalid("secret", unfit);
  const target: Target = {
    id: generateId("tgt"),
    name: input.name,
    type: input.type,
    url: kind.secretAddress ? hostOnly(url) : url,
    config: config.data,
    enabled: true,
    disabledReason: null,
    failingSince: null,
    createdAt: Date.now(),
  };
  const created = await registry.events.targets.create(grant.space, target, url, secret);
  if (!created) throw new RegistryError("SPACE_UNKNOWN");
  await noteInSpace(call, "target.created", { subject: target.id, name: target.name, detail: { type: target.type } });
  const body = { ...view(call, target), ...(kind.secret === "made" && { secret }) };
  const headers = { Location: `/api/v1/spaces/${grant.space}/targets/${target.id}`, "Cache-Control": "no-store" };
  return Response.json(body, { status: 201, headers });
}

export async function listTargets(call: SpaceCall): Promise<Response> {
  const page = await call.registry.events.targets.list(call.grant.space, pageRequest(readQuery(pageQuery, call)));
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

export async function deleteTarget(call: SpaceCall): Promise<Response> {
  const { id, name } = await requireTarget(call);
  if (!(await call.registry.events.targets.delete(call.grant.space, id))) throw new RegistryError("TARGET_UNKNOWN");
  await noteInSpace(call, "target.deleted", { subject: id, name });
  return new Response(null, { status: 204 });
}

/** A handler that switches a target on or off. */
export function switchTarget(enabled: boolean): (call: SpaceCall) => Promise<Response> {
  return async (call) => {
    const { registry, grant, params } = call;
    const known = await registry.events.targets.setEnabled(grant.space, params["id"] ?? "", enabled);
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
  const kind = requireKind(target.type);
  const secret = secretFor(kind, input.secret);
  if (secret === null) throw invalid("secret", "there is none to put in place of the old one");
  const previousUntil = Date.now() + ROTATION;
  const rotated = await registry.events.targets.rotateSecret(grant.space, target.id, secret, previousUntil);
  if (!rotated) throw new RegistryError("TARGET_UNKNOWN");
  await noteInSpace(call, "target.secret-changed", { subject: target.id, name: target.name });
  const body = { ...(kind.secret === "made" && { secret }), previousUntil: isoTime(previousUntil) };
  return Response.json(body, { headers: { "Cache-Control": "no-store" } });
}

async function requireTarget({ registry, grant, params }: SpaceCall): Promise<Target> {
  const target = await registry.events.targets.find(grant.space, params["id"] ?? "");
  if (target === null) throw new RegistryError("TARGET_UNKNOWN");
  return target;
}

function requireKind(type: string): TargetType {
  const kind = findTargetType(type);
  if (kind === null) throw invalid("type", `it must be one of ${Object.keys(TARGET_TYPES).join(", ")}`);
  return kind;
}

/** The secret that a target of this kind is to have. Throws REQUEST_INVALID where one is missing or not wanted. */
function secretFor(kind: TargetType, given: string | undefined): string | null {
  if (kind.secret === "made") {
    if (given !== undefined) throw invalid("secret", "this type's secret is made here, and shown once");
    return makeWebhookSecret();
  }
  if (kind.secret === "none" && given !== undefined) throw invalid("secret", "this type has none");
  if (kind.secret === "given" && given === undefined) throw invalid("secret", "this type needs one");
  const isUsable = given === undefined || givenSecret.safeParse(given).success;
  if (!isUsable) throw invalid("secret", "it must be visible ASCII characters, 2,000 at most");
  return given ?? null;
}

function invalid(path: string, message: string): RegistryError {
  return new RegistryError("REQUEST_INVALID", { message: `${path}: ${message}`, detail: [{ path, message }] });
}

/** Of an address that is as good as a password, only this is shown. */
function hostOnly(url: string): string {
  return `${new URL(url).origin}/…`;
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
