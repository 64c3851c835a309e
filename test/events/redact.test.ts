import { describe, expect, it } from "vitest";
import { redactionOf } from "../../src/events/redact.ts";
import type { OpenTarget } from "../../src/events/target-store.ts";

const ADDRESS = "https://api.render.com/deploy/srv-9f8e7d6c5b4a?key=very%2Fsecret-key&image={image}";
const SENT =
  "https://api.render.com/deploy/srv-9f8e7d6c5b4a?key=very%2Fsecret-key&image=registry.test%2Facme%2Fweb%3A1.0";
const SECRET = `p"ss\\word/with <all> & more`;

function open(address: string, shownAddress: string, current: string | null = null): OpenTarget {
  return {
    target: {
      id: "tgt_1",
      name: "render",
      type: "url-hook",
      url: shownAddress,
      config: {},
      deploys: false,
      hasSecret: current !== null,
      enabled: true,
      disabledReason: null,
      failingSince: null,
      createdAt: 0,
    },
    address,
    secrets: { current, previous: null, previousUntil: null },
  };
}

const hidden = redactionOf(open(ADDRESS, "https://api.render.com/…", SECRET));
hidden.note({
  url: SENT,
  method: "POST",
  headers: { authorization: "Basic cHVibGlzaGVyOmh1bnRlcg==", accept: "a/b" },
  body: null,
});

const everyCharacter = (escape: (code: string) => string) => (text: string) =>
  text
    .split("")
    .map((character) => escape(character.charCodeAt(0).toString(16).padStart(2, "0")))
    .join("");

const FORMS: readonly (readonly [string, (text: string) => string])[] = [
  ["as it is", (text) => text],
  ["as JSON", (text) => JSON.stringify(text)],
  ["as PHP's JSON", (text) => JSON.stringify(text).replaceAll("/", String.raw`\/`)],
  ["as JSON in JSON", (text) => JSON.stringify(JSON.stringify(text))],
  ["in \\u escapes", everyCharacter((code) => `\\u00${code}`)],
  ["in \\u escapes of upper case", everyCharacter((code) => `\\u00${code.toUpperCase()}`)],
  ["escaped for addresses", encodeURIComponent],
  [
    "escaped for addresses, in lower case",
    (text) => encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase()),
  ],
  ["escaped for addresses throughout", everyCharacter((code) => `%${code.toUpperCase()}`)],
  ["escaped as forms are", (text) => new URLSearchParams({ text }).toString()],
  ["escaped for addresses twice", (text) => encodeURIComponent(encodeURIComponent(text))],
  [
    "for HTML",
    (text) =>
      text
        .replaceAll("&", "&amp;")
        .replaceAll('"', "&quot;")
        .replaceAll("/", "&#x2F;")
        .replaceAll("<", "&lt;")
        .replaceAll(">", "&#62;"),
  ],
  ["in base64", btoa],
  ["in base64, behind something", (text) => btoa(`user:${text}`)],
  ["in base64, between something", (text) => `auth=${btoa(`us:${text}:more`)}.`],
  [
    "in base64 for addresses",
    (text) => btoa(`?>${text}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  ],
  ["in base64 as PHP's JSON", (text) => btoa(`x?${text}`).replaceAll("/", String.raw`\/`)],
];

describe.each([
  ["the secret", SECRET],
  ["the address", ADDRESS],
  ["the address as it was sent", SENT],
  ["its path and query", SENT.slice("https://api.render.com".length)],
  ["its path", "/deploy/srv-9f8e7d6c5b4a"],
  ["its query", SENT.slice(SENT.indexOf("?"))],
  ["a component of its path", "srv-9f8e7d6c5b4a"],
  ["a value of its query", "very/secret-key"],
  ["a header that was sent", "Basic cHVibGlzaGVyOmh1bnRlcg=="],
])("%s", (_, secret) => {
  it.each(FORMS)("is not shown %s", (__, form) => {
    const text = `a "quote" of ${form(secret)} and more`;
    const shown = hidden.shown(text);
    expect(shown).toContain("[redacted]");
    expect(shown).toMatch(/^a "quote" of /);
    expect(shown).toMatch(/ and more$/);
    // Only the text around the secrets is left.
    expect(shown.length).toBeLessThan(50);
  });

  it("is not shown where an answer was cut off within it", () => {
    for (const [, form] of FORMS.slice(0, 9)) {
      const whole = form(secret);
      const cut = hidden.shown(`it was ${whole.slice(0, -5)}`);
      expect(cut).toMatch(/^it was ["\\]*\[redacted\]$/);
    }
  });
});

describe("what is no secret", () => {
  it("stays as it was", () => {
    const text = String.raw`{"error":"caf\u00e9 %zz &nope; \q 100% \"ok\" aGVsbG8gd29ybGQ=","image":"registry.test/acme/web:1.0"} ünï 👩‍💻`;
    expect(hidden.shown(text)).toBe(text);
  });

  it("is the address of a target that shows it", () => {
    const plain = redactionOf(
      open("https://example.com/hooks/spacedock", "https://example.com/hooks/spacedock", "hunter22"),
    );
    plain.note({
      url: "https://example.com/hooks/spacedock",
      method: "POST",
      headers: { "webhook-id": "dlv_12345678" },
      body: null,
    });
    expect(plain.shown("POST https://example.com/hooks/spacedock dlv_12345678: hunter22?")).toBe(
      "POST https://example.com/hooks/spacedock dlv_12345678: [redacted]?",
    );
  });

  it("is kept to its beginning", () => {
    expect(hidden.shown("x".repeat(100_000))).toHaveLength(1024);
    expect(hidden.shown(`${"x".repeat(4090)}${SECRET}`)).toBe("x".repeat(1024));
  });
});

describe("a token that was made for the attempt", () => {
  it("is not shown", () => {
    const redaction = redactionOf(open("https://octopus.test", "https://octopus.test"));
    expect(redaction.noteSecret("header.claims.signature")).toBe("header.claims.signature");
    expect(redaction.shown("bad token header.claims.signature")).toBe("bad token [redacted]");
  });
});
