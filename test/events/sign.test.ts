import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { hmacSha256Hex, makeWebhookSecret, standardSignatures } from "../../src/events/sign.ts";

const OLD = `whsec_${new Uint8Array(32).fill(7).toBase64()}`;
const NEW = `whsec_${new Uint8Array(32).fill(9).toBase64()}`;

function verify(secret: string, signature: string, body: string, timestamp: number): unknown {
  const headers = { "webhook-id": "dlv_1", "webhook-timestamp": String(timestamp), "webhook-signature": signature };
  return new Webhook(secret).verify(body, headers);
}

describe("a signature of Standard Webhooks", () => {
  const body = '{"text":"grüße 🚢"}';
  const timestamp = Math.floor(Date.now() / 1000);

  it("is what the reference implementation makes", async () => {
    const signature = await standardSignatures([NEW], { id: "dlv_1", timestamp, body });
    expect(signature).toBe(new Webhook(NEW).sign("dlv_1", new Date(timestamp * 1000), body));
  });

  it.each([
    ["the new", NEW],
    ["the old", OLD],
  ])("is verified with %s secret while both sign", async (_, secret) => {
    const signature = await standardSignatures([NEW, OLD], { id: "dlv_1", timestamp, body });
    expect(signature).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
    expect(verify(secret, signature, body, timestamp)).toEqual({ text: "grüße 🚢" });
  });

  it("does not hold for another secret, body or time", async () => {
    const signature = await standardSignatures([NEW], { id: "dlv_1", timestamp, body });
    expect(() => verify(OLD, signature, body, timestamp)).toThrow("No matching signature");
    expect(() => verify(NEW, signature, `${body} `, timestamp)).toThrow("No matching signature");
    expect(() => verify(NEW, signature, body, timestamp - 1)).toThrow("No matching signature");
  });
});

describe("a secret that we make", () => {
  it("is whsec_ and 32 bytes in base64, and each is another", () => {
    const [one, other] = [makeWebhookSecret(), makeWebhookSecret()];
    expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(Uint8Array.fromBase64(one.slice("whsec_".length))).toHaveLength(32);
    expect(one).not.toBe(other);
  });
});

describe("HMAC-SHA256 in hexadecimal", () => {
  it("gives RFC 4231's second test case", async () => {
    expect(await hmacSha256Hex("Jefe", "what do ya want for nothing?")).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });
});
