import { z } from "zod";
import { type Digest, parseDigest } from "./digest.ts";

const MAX_PLATFORM_PART = 256;

const digestText = z.string().transform((text, context): Digest => {
  const digest = parseDigest(text);
  if (digest !== null) return digest;
  context.addIssue({ code: "custom", message: "not a sha256 or sha512 digest" });
  return z.NEVER;
});

const platformSchema = z.looseObject({
  os: z.string().max(MAX_PLATFORM_PART).nullish(),
  architecture: z.string().max(MAX_PLATFORM_PART).nullish(),
  variant: z.string().max(MAX_PLATFORM_PART).nullish(),
});

/** A descriptor (image spec, "Content Descriptors"). Loose: unknown fields are the pusher's own. */
export const descriptorSchema = z.looseObject({
  mediaType: z.string().min(1).max(255),
  digest: digestText,
  size: z.int().nonnegative(),
  urls: z.array(z.string()).nullish(),
  platform: platformSchema.nullish(),
});

export type Descriptor = z.infer<typeof descriptorSchema>;

/** What builders say of attestations, which nobody runs. */
const NO_PLATFORM = "unknown/unknown";

/** `os/architecture[/variant]`, as `--platform` takes it; null where the descriptor names none. */
export function platformOf({ platform }: Pick<Descriptor, "platform">): string | null {
  if (!platform?.os || !platform.architecture) return null;
  const name = [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
  return name === NO_PLATFORM ? null : name;
}
