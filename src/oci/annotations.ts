import * as z from "zod";

/** Annotations: keys and values that the pusher chooses (image spec, "Annotations"). */
export type Annotations = Readonly<Record<string, string>>;

type WrittenAnnotations = Readonly<Record<string, string | null>>;

/**
 * Takes the object as it is, since zod's own records would lose a key named `__proto__`. Go reads null as an empty
 * value.
 */
export const annotationsSchema = z
  .custom<WrittenAnnotations>(isWritten, "must be an object whose values are strings")
  .transform(withoutNulls);

function withoutNulls(written: WrittenAnnotations): Annotations {
  return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, value ?? ""]));
}

function isWritten(value: unknown): value is WrittenAnnotations {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === "string" || one === null)
  );
}

/** The most annotations of one manifest: more than anybody reads. */
const MAX_ANNOTATIONS = 10_000;

/** Annotations of a push. Stored ones may be older than the limit. */
export const pushedAnnotations = annotationsSchema.refine(
  (annotations) => Object.keys(annotations).length <= MAX_ANNOTATIONS,
  `there are more than ${MAX_ANNOTATIONS} annotations, which is the limit`,
);
