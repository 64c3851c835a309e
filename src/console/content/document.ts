import * as z from "zod";
import { entries, type Entry, listOf, parseJson, text } from "./json.ts";
import { parseSbom, type Sbom } from "./packages.ts";

/** A document attached to an image, as far as a person can read it. */
export type Document =
  | { readonly kind: "sbom"; readonly sbom: Sbom }
  | { readonly kind: "statement"; readonly statement: Statement }
  | { readonly kind: "scan"; readonly scan: Scan }
  | { readonly kind: "other" };

/** An in-toto statement: claims about some subjects. */
export interface Statement {
  readonly predicateType: string;
  readonly subjects: readonly string[];
  /** True if it came in an envelope with signatures, which are not verified here. */
  readonly isSigned: boolean;
  readonly facts: readonly Entry[];
  /** The materials that it was built from. */
  readonly materials: readonly string[];
  /** The predicate, if it is itself a document of a known kind; else `other`. */
  readonly inner: Document;
}

export interface Scan {
  readonly scanner: string;
  readonly findings: readonly Finding[];
}

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly where: string | null;
  readonly title: string | null;
}

/** The most levels of statements within statements. */
const MAX_DEPTH = 3;

export function parseDocument(json: unknown, depth = 0): Document {
  const sbom = parseSbom(json);
  if (sbom !== null) return { kind: "sbom", sbom };
  const scan = parseScan(json);
  if (scan !== null) return { kind: "scan", scan };
  const statement = depth < MAX_DEPTH ? parseStatement(json, depth) : null;
  return statement === null ? { kind: "other" } : { kind: "statement", statement };
}

const envelope = z.object({ payloadType: z.string(), payload: z.string() });
const bundle = z.object({ dsseEnvelope: envelope });

const dependency = z.object({ uri: z.string() });
const statementShape = z.object({
  predicateType: z.string(),
  subject: listOf(z.object({ name: text, digest: entries })),
  predicate: z.unknown().optional(),
});
const provenance = z.object({
  builder: z.object({ id: text }).nullable().catch(null),
  buildType: text,
  materials: listOf(dependency),
  buildDefinition: z
    .object({ buildType: text, resolvedDependencies: listOf(dependency) })
    .nullable()
    .catch(null),
  runDetails: z
    .object({
      builder: z.object({ id: text }).nullable().catch(null),
      metadata: z.object({ startedOn: text, finishedOn: text, invocationId: text }).nullable().catch(null),
    })
    .nullable()
    .catch(null),
});
/** Cosign's own predicates hold the document in a field, some as text. */
const wrapped = z.object({ Data: z.unknown().optional() });
const scanned = z.object({ scanner: z.object({ result: z.unknown().optional() }) });

function parseStatement(json: unknown, depth: number): Statement | null {
  const signed = envelope.safeParse(json).data ?? bundle.safeParse(json).data?.dsseEnvelope;
  const { data } = statementShape.safeParse(signed === undefined ? json : parseJson(decodeBase64(signed.payload)));
  if (data === undefined) return null;
  const { predicateType, subject, predicate } = data;
  return {
    predicateType,
    subjects: subject.map(({ name, digest: [first] }) => name || (first?.join(":") ?? "")),
    isSigned: signed !== undefined,
    ...describeBuild(predicate),
    inner: parseDocument(unwrap(predicate), depth + 1),
  };
}

function unwrap(predicate: unknown): unknown {
  const { data } = wrapped.safeParse(predicate);
  if (data?.Data !== undefined) return typeof data.Data === "string" ? parseJson(data.Data) : data.Data;
  return scanned.safeParse(predicate).data?.scanner.result ?? predicate;
}

function describeBuild(predicate: unknown): Pick<Statement, "facts" | "materials"> {
  const { data } = provenance.safeParse(predicate);
  if (data === undefined) return { facts: [], materials: [] };
  const { builder, buildType, materials, buildDefinition, runDetails } = data;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ["Builder", builder?.id ?? runDetails?.builder?.id],
    ["Build type", buildType ?? buildDefinition?.buildType],
    ["Build", runDetails?.metadata?.invocationId],
    ["Started", runDetails?.metadata?.startedOn],
    ["Finished", runDetails?.metadata?.finishedOn],
  ];
  return {
    facts: facts.flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
    materials: [...materials, ...(buildDefinition?.resolvedDependencies ?? [])].map(({ uri }) => uri),
  };
}

const trivy = z.object({
  SchemaVersion: z.number(),
  Results: listOf(
    z.object({
      Target: text,
      Vulnerabilities: listOf(
        z.object({ VulnerabilityID: z.string(), PkgName: text, Severity: z.string().catch("UNKNOWN"), Title: text }),
      ),
    }),
  ),
});
const grype = z.object({
  matches: z.array(
    z.object({
      vulnerability: z.object({ id: z.string(), severity: z.string().catch("Unknown") }),
      artifact: z.object({ name: text }).nullable().catch(null),
    }),
  ),
});
const sarif = z.object({
  runs: z.array(
    z.object({
      tool: z.object({ driver: z.object({ name: z.string() }) }),
      results: listOf(
        z.object({
          ruleId: z.string().catch(""),
          level: z.string().catch("warning"),
          message: z.object({ text }).nullable().catch(null),
        }),
      ),
    }),
  ),
});

function parseScan(json: unknown): Scan | null {
  const fromTrivy = trivy.safeParse(json).data;
  if (fromTrivy !== undefined) {
    const found = fromTrivy.Results.flatMap((result) => result.Vulnerabilities);
    return {
      scanner: "Trivy",
      findings: found.map((one) => ({
        id: one.VulnerabilityID,
        severity: one.Severity,
        where: one.PkgName,
        title: one.Title,
      })),
    };
  }
  const fromGrype = grype.safeParse(json).data;
  if (fromGrype !== undefined) {
    const findings = fromGrype.matches.map(({ vulnerability: { id, severity }, artifact }) => ({
      id,
      severity,
      where: artifact?.name ?? null,
      title: null,
    }));
    return { scanner: "Grype", findings };
  }
  const fromSarif = sarif.safeParse(json).data;
  if (fromSarif === undefined) return null;
  return {
    scanner: fromSarif.runs.map(({ tool }) => tool.driver.name).join(", "),
    findings: fromSarif.runs
      .flatMap(({ results }) => results)
      .map(({ ruleId, level, message }) => ({
        id: ruleId,
        severity: level,
        where: null,
        title: message?.text ?? null,
      })),
  };
}

function decodeBase64(encoded: string): string | null {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(encoded), (character) => character.codePointAt(0) ?? 0));
  } catch {
    return null;
  }
}
