import { z } from "zod";

/** Keys and values of the pusher's own (image spec, "Annotations"). */
export type Annotations = Readonly<Record<string, string>>;

/** Takes the object as it is: copying would lose a key that is called `__proto__`. */
export const annotationsSchema = z.custom<Annotations>(isAnnotations, "must be an object whose values are strings");

function isAnnotations(value: unknown): value is Annotations {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === "string")
  );
}

/** Of one manifest: more than anybody reads. */
const MAX_ANNOTATIONS = 10_000;

/** Annotations as they are pushed; those that are stored may be older than the limit. */
export const pushedAnnotations = annotationsSchema.refine(
  (annotations) => Object.keys(annotations).length <= MAX_ANNOTATIONS,
  `there may be ${MAX_ANNOTATIONS} annotations at most`,
);
