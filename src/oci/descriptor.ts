import { z } from "zod";
import { type Digest, parseDigest } from "./digest.ts";
import { platformName, platformSchema } from "./platform.ts";

const digestText = z.string().transform((text, context): Digest => {
  const digest = parseDigest(text);
  if (digest !== null) return digest;
  context.addIssue({ code: "custom", message: "not a sha256 or sha512 digest" });
  return z.NEVER;
});

/** A descriptor (image spec, "Content Descriptors"). Loose: unknown fields are the pusher's own. */
export const descriptorSchema = z.looseObject({
  mediaType: z.string().min(1).max(255),
  digest: digestText,
  size: z.int().nonnegative(),
  urls: z.array(z.string()).nullish(),
  platform: platformSchema.nullish(),
  annotations: z.record(z.string(), z.string().nullish()).nullish().catch(null),
});

export type Descriptor = z.infer<typeof descriptorSchema>;

/** `os/architecture[/variant]`, as `--platform` takes it; null where the descriptor names none. */
export function platformOf({ platform }: Pick<Descriptor, "platform">): string | null {
  return platformName(platform);
}
