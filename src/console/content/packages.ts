import * as z from "zod";
import { listOf, text, texts } from "./json.ts";

/** The displayed parts of an SBOM: SPDX 2 and 3 (JSON), CycloneDX (JSON). */
export interface Sbom {
  readonly format: "SPDX" | "CycloneDX";
  readonly name: string | null;
  readonly created: string | null;
  readonly tools: readonly string[];
  readonly packages: readonly Package[];
}

export interface Package {
  readonly name: string;
  readonly version: string | null;
  readonly license: string | null;
  /** The type in its package URL, such as `deb` or `npm`. */
  readonly type: string | null;
}

const spdx = z.object({
  spdxVersion: z.string(),
  name: text,
  creationInfo: z.object({ created: text, creators: texts }).nullable().catch(null),
  packages: listOf(
    z.object({
      name: z.string(),
      versionInfo: text,
      licenseConcluded: text,
      licenseDeclared: text,
      externalRefs: listOf(z.object({ referenceType: z.string(), referenceLocator: z.string() })),
    }),
  ),
});

const license = z.object({ expression: text, license: z.object({ id: text, name: text }).nullable().catch(null) });

const cycloneDx = z.object({
  bomFormat: z.literal("CycloneDX"),
  metadata: z
    .object({
      timestamp: text,
      component: z.object({ name: text, version: text }).nullable().catch(null),
      // CycloneDX has a list up to 1.4, then an object with components.
      tools: z
        .union([
          z.array(z.object({ name: text })),
          z.object({ components: z.array(z.object({ name: text })) }).transform(({ components }) => components),
        ])
        .catch([]),
    })
    .nullable()
    .catch(null),
  components: listOf(z.object({ name: z.string(), version: text, purl: text, licenses: listOf(license) })),
});

/** Parses an SBOM; null if it is in none of the known formats. */
export function parseSbom(json: unknown): Sbom | null {
  return fromSpdx(json) ?? fromCycloneDx(json);
}

const typeOf = (purl: string | null): string | null => /^pkg:([^/]+)\//.exec(purl ?? "")?.[1] ?? null;

/** Returns null for SPDX's words for an unknown value. */
const known = (value: string | null): string | null =>
  value === null || value === "NOASSERTION" || value === "NONE" ? null : value;

function fromSpdx(json: unknown): Sbom | null {
  const { data } = spdx.safeParse(json);
  if (data === undefined) return null;
  return {
    format: "SPDX",
    name: data.name,
    created: data.creationInfo?.created ?? null,
    tools: (data.creationInfo?.creators ?? []).flatMap((creator) => /^Tool: (.*)$/.exec(creator)?.[1] ?? []),
    packages: data.packages.map(({ name, versionInfo, licenseConcluded, licenseDeclared, externalRefs }) => ({
      name,
      version: known(versionInfo),
      license: known(licenseConcluded) ?? known(licenseDeclared),
      type: typeOf(externalRefs.find(({ referenceType }) => referenceType === "purl")?.referenceLocator ?? null),
    })),
  };
}

function fromCycloneDx(json: unknown): Sbom | null {
  const { data } = cycloneDx.safeParse(json);
  if (data === undefined) return null;
  return {
    format: "CycloneDX",
    name: data.metadata?.component?.name ?? null,
    created: data.metadata?.timestamp ?? null,
    tools: (data.metadata?.tools ?? []).flatMap(({ name }) => name ?? []),
    packages: data.components.map(({ name, version, purl, licenses }) => ({
      name,
      version,
      license:
        licenses
          .map((one) => one.expression ?? one.license?.id ?? one.license?.name ?? "")
          .filter(Boolean)
          .join(", ") || null,
      type: typeOf(purl),
    })),
  };
}
