import * as z from "zod";
import { type Digest, parseDigest } from "./digest.ts";
import { platformName, platformSchema } from "./platform.ts";

/** Characters of a sha512 digest, which is the longest. */
const MAX_DIGEST = 135;

const digestText = z
  .string()
  .max(MAX_DIGEST, "not a sha256 or sha512 digest")
  .transform((text, context): Digest => {
    const digest = parseDigest(text);
    if (digest !== null) return digest;
    context.addIssue({ code: "custom", message: "not a sha256 or sha512 digest" });
    return z.NEVER;
  });

/** The most addresses of a layer that is stored elsewhere. The registry never follows them. */
const MAX_URLS = 1000;
const MAX_URL = 16 * 1024;

/** A descriptor (image spec, "Content Descriptors"). It keeps unknown fields, which belong to the pusher. */
export const descriptorSchema = z.looseObject({
  mediaType: z.string().min(1).max(255),
  digest: digestText,
  size: z.int().nonnegative(),
  urls: z.array(z.string().max(MAX_URL).nullable()).max(MAX_URLS).nullish(),
  platform: platformSchema.nullish(),
});

/**
 * Makes a descriptor optional. Go writes a missing one as null or, where it has no pointer, as a descriptor without
 * content.
 */
export function orNoContent<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (isWithoutContent(value) ? null : value), schema.nullish()).optional();
}

export const optionalDescriptorSchema = orNoContent(descriptorSchema);

const noContent = z.looseObject({
  mediaType: z.literal("").nullish(),
  digest: z.literal("").nullish(),
  size: z.literal(0).nullish(),
});

function isWithoutContent(value: unknown): boolean {
  return noContent.safeParse(value).success;
}

export type Descriptor = z.infer<typeof descriptorSchema>;

/** Returns `os/architecture[/variant]`, as `--platform` takes it; null: the descriptor names none. */
export function platformOf({ platform }: Pick<Descriptor, "platform">): string | null {
  return platformName(platform);
}
