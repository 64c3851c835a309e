import { z } from "zod";

const MAX_PLATFORM_PART = 256;

/** What a descriptor or an image's config says of where it runs; both may have more beside it. */
export const platformSchema = z.looseObject({
  os: z.string().max(MAX_PLATFORM_PART).nullish(),
  architecture: z.string().max(MAX_PLATFORM_PART).nullish(),
  variant: z.string().max(MAX_PLATFORM_PART).nullish(),
});

/** What builders say of attestations, which nobody runs. */
const NO_PLATFORM = "unknown/unknown";

/** `os/architecture[/variant]`, as `--platform` takes it; null where none is named. */
export function platformName(platform: z.infer<typeof platformSchema> | null | undefined): string | null {
  if (!platform?.os || !platform.architecture) return null;
  const name = [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
  return name === NO_PLATFORM ? null : name;
}
