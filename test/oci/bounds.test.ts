import { describe, expect, it } from "vitest";
import * as z from "zod";
import { TARGET_TYPES } from "../../src/events/targets/index.ts";
import { boundedList } from "../../src/oci/bounded-list.ts";
import { JsonLimitError, parseBoundedJson } from "../../src/oci/bounded-json.ts";
import { boundedRecord, maximumOf, unwrapped } from "../../src/oci/bounds.ts";
import { descriptorSchema } from "../../src/oci/descriptor.ts";
import { parseInput } from "../../src/oci/parse-input.ts";
import { platformSchema } from "../../src/oci/platform.ts";
import { OPERATIONS } from "../../src/api/operations.ts";

/** The schemas that read client input: queries and bodies of all operations, and values that those pass on. */
const INPUTS = [
  ...OPERATIONS.flatMap(({ id, query, body }) => [named(`${id}.query`, query), named(`${id}.body`, body)].flat()),
  ...Object.values(TARGET_TYPES).map(({ type, config }) => [`the config of ${type}`, config] as const),
  ["descriptorSchema", descriptorSchema] as const,
  ["platformSchema", platformSchema] as const,
];

function named(name: string, schema: z.ZodType | undefined): readonly (readonly [string, z.ZodType])[] {
  return schema === undefined ? [] : [[name, schema]];
}

/** Kinds of schemas with values that are always small; `unknown` is for values that another schema reads. */
const SMALL = new Set(["boolean", "number", "int", "enum", "literal", "unknown", "null"]);

/** Finds the places in a schema that take lists, records or texts of any length, or that this test cannot check. */
function boundless(schema: z.core.$ZodType, path: string): readonly string[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, field]) => boundless(field, `${path}.${key}`));
  }
  if (inner instanceof z.ZodArray) return [...unbounded(inner, path), ...boundless(inner.element, `${path}[]`)];
  if (inner instanceof z.ZodRecord) {
    return [
      ...unbounded(inner, path),
      ...boundless(inner.keyType, `${path}{}`),
      ...boundless(inner.valueType, `${path}.*`),
    ];
  }
  if (inner instanceof z.ZodString) return unbounded(inner, path);
  if (inner instanceof z.ZodStringFormat) return [];
  const {
    _zod: { def },
  } = inner;
  return SMALL.has(def.type) ? [] : [`${path}: ${def.type}`];
}

function unbounded(schema: z.ZodType, path: string): readonly string[] {
  return maximumOf(schema) === null ? [path] : [];
}

describe("what clients send", () => {
  it("is read by schemas that are looked at here", () => {
    const names = INPUTS.map(([name]) => name);
    expect(names).toContain("createTrigger.body");
    expect(names).toContain("createRetentionRule.body");
    expect(names).toContain("listRepositoryTags.query");
    expect(names.length).toBeGreaterThan(50);
  });

  it.each(INPUTS)("has a limit to each list, record and text: %s", (name, schema) => {
    expect(boundless(schema, name)).toEqual([]);
  });

  it("would be found without a limit", () => {
    const without = z.object({
      a: z.array(z.string().max(1)),
      b: z.record(z.string().max(1), z.int()),
      c: z.string().optional(),
    });
    expect(boundless(without, "")).toEqual([".a", ".b", ".c"]);
  });
});

/** Makes a schema that counts how often it looks at a value. */
function counting(): { readonly element: z.ZodType; readonly looks: () => number } {
  let looks = 0;
  const element = z.unknown().refine(() => {
    looks += 1;
    return false;
  });
  return { element, looks: () => looks };
}

describe("a length over the limit", () => {
  it("is refused before any element is looked at", () => {
    const { element, looks } = counting();
    const schema = z.strictObject({ a: z.strictObject({ b: z.array(element).max(3).optional() }) });
    const parsed = parseInput(schema, { a: { b: [1, 2, 3, 4] } });
    expect(parsed).toEqual({
      ok: false,
      problems: [{ path: "a.b", message: "it has 4 entries; the limit is 3" }],
    });
    expect(looks()).toBe(0);
  });

  it("is refused in a record, and in a text before it is matched", () => {
    const { element, looks } = counting();
    const record = boundedRecord(z.string().max(5), element, 2);
    expect(parseInput(record, { a: 1, b: 2, c: 3 })).toMatchObject({ ok: false });
    expect(parseInput(record, { abcdef: 1 })).toMatchObject({
      problems: [{ path: "abcdef", message: "it has 6 characters; the limit is 5" }],
    });
    const text = z
      .array(
        z
          .string()
          .max(5)
          .refine(() => element.safeParse(0).success),
      )
      .max(2)
      .default([]);
    expect(parseInput(text, ["abcdef"])).toMatchObject({ ok: false, problems: [{ path: "0" }] });
    expect(looks()).toBe(0);
  });
});

describe("a long list", () => {
  it("is given up after the first few elements that are wrong", () => {
    const { element, looks } = counting();
    const parsed = parseInput(z.object({ list: boundedList(element, 100) }), {
      list: Array.from({ length: 100 }, () => 0),
    });
    expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toEqual([
      "list.0",
      "list.1",
      "list.2",
      "list.3",
      "list.4",
    ]);
    expect(looks()).toBe(5);
  });

  it("is not looked into where it is too long, and comes as it is where it is right", () => {
    const { element, looks } = counting();
    expect(parseInput(boundedList(element, 3), [1, 2, 3, 4])).toMatchObject({ ok: false });
    expect(looks()).toBe(0);
    expect(parseInput(boundedList(z.int(), 3), [1, 2, 3])).toEqual({ ok: true, data: [1, 2, 3] });
  });
});

describe("JSON", () => {
  it.each([
    "[]",
    '{"a":[1,{"b":"]]]]"}]}',
    JSON.stringify("[".repeat(1000)),
    String.raw`{"a\"[[[[":"\\","b":"\\\"{{{{"}`,
    "[".repeat(100) + "]".repeat(100),
  ])("is parsed: %s", (text) => {
    expect(parseBoundedJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ["101 lists", "[".repeat(101) + "]".repeat(101)],
    ["101 objects", `${'{"a":'.repeat(101)}1${"}".repeat(101)}`],
    ["lists behind a text that ends in a backslash", `["\\\\",${"[".repeat(101)}`],
    ["125,001 entries", `[${"1,".repeat(125_001)}1]`],
    [
      "an object of 20,001 fields",
      `{"a":[1,2],${Array.from({ length: 20_000 }, (_field, index) => `"${index}":1`).join(",")}}`,
    ],
    ["125,001 lists", `[${"[]".repeat(125_001)}]`],
  ])("is refused before it is parsed: %s", (_, text) => {
    expect(() => parseBoundedJson(text)).toThrow(JsonLimitError);
  });

  it("may have many objects with few fields each, and an object at the limit", () => {
    const many = Array.from({ length: 25_000 }, () => ({ a: 1, b: 2 }));
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_field, index) => [`k${index}`, 1]));
    for (const value of [many, wide]) expect(parseBoundedJson(JSON.stringify(value))).toEqual(value);
  });

  it.each(["", '"', '"\\', "[", "{]", "1,"])("that is none is told as such: %j", (text) => {
    expect(() => parseBoundedJson(text)).toThrow(SyntaxError);
  });
});
