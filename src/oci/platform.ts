import * as z from "zod";

const MAX_PLATFORM_PART = 256;

/** The platform in a descriptor or an image's config. Both may have more fields. */
export const platformSchema = z.looseObject({
  os: z.string().max(MAX_PLATFORM_PART).nullish(),
  architecture: z.string().max(MAX_PLATFORM_PART).nullish(),
  variant: z.string().max(MAX_PLATFORM_PART).nullish(),
});

/** The platform that builders give to attestations, which do not run. */
const NO_PLATFORM = "unknown/unknown";

/** Returns `os/architecture[/variant]`, as `--platform` takes it; null: no platform is named. */
export function platformName(platform: z.infer<typeof platformSchema> | null | undefined): string | null {
  if (!platform?.os || !platform.architecture) return null;
  const name = [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
  return name === NO_PLATFORM ? null : name;
}
