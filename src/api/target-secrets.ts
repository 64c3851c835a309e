import * as z from "zod";
import { invalid, requireTargetType, secretFor } from "../events/target-settings.ts";
import { space } from "../guard.ts";
import { RegistryError } from "../oci/errors.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime } from "./answer.ts";
import { defineOperation } from "./operation.ts";
import { time } from "./shapes.ts";
import { createdSecret, LONG_ENOUGH, requireTarget, secretText } from "./targets.ts";

/** Milliseconds for which a replaced secret still signs, so that receivers have time to change theirs: a day. */
const ROTATION = 86_400_000;

export const rotateTargetSecret = defineOperation({
  id: "rotateTargetSecret",
  method: "POST",
  path: "/api/v1/spaces/:space/targets/:id/rotate-secret",
  guard: space,
  summary: "Replace a target's secret; both sign for a day",
  body: z.strictObject({
    secret: secretText.optional().meta({ description: `For types that need your own secret. ${LONG_ENOUGH}` }),
  }),
  answer: z.object({
    secret: z.string().optional(),
    previousUntil: time.meta({ description: "The old secret also signs until then." }),
  }),
  noStore: true,
  async run(call) {
    const { body, registry, grant } = call;
    const target = await requireTarget(call);
    const kind = requireTargetType(target.type);
    const secret = secretFor(kind, body.secret);
    if (secret === null) throw invalid("secret", "this type has no secret to replace");
    const previousUntil = Date.now() + ROTATION;
    const rotated = await registry.events.targets.rotateSecret(grant, target.id, secret, previousUntil);
    if (!rotated) throw new RegistryError("TARGET_UNKNOWN");
    await noteInSpace(call, "target.secret-changed", { subject: target.id, name: target.name });
    return { ...createdSecret(kind, secret), previousUntil: isoTime(previousUntil) };
  },
});
