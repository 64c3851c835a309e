import { createHash, randomBytes } from "node:crypto";
import * as z from "zod";
import { manifestOf, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from "../../harness/images.ts";

/** An image that was pushed, and the token that may pull it. */
export interface Image {
  readonly token: string;
  readonly manifest: string;
  readonly blob: Buffer;
}

const digestOf = (bytes: string | Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

async function ask(url: string, token: string, expected: number, init: Asked = {}): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": OCI_MANIFEST, ...init.headers };
  const response = await fetch(url, { ...init, headers });
  if (response.status !== expected) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response;
}

const basic = (token: string): string => `Basic ${Buffer.from(`acme:${token}`).toString("base64")}`;

/** Describes content, as a manifest does. */
const described = (mediaType: string, bytes: Buffer): object => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

/** Pushes an image with a blob of some size, as a client does. */
export async function pushImage(host: string, adminToken: string): Promise<Image> {
  const origin = `https://${host}`;
  await ask(`${origin}/api/v1/spaces`, adminToken, 201, { method: "POST", body: '{"name":"acme"}' });
  const actions = JSON.stringify({ name: "rehearsal", actions: ["pull", "push"] });
  const made = await ask(`${origin}/api/v1/spaces/acme/tokens`, adminToken, 201, { method: "POST", body: actions });
  const { token } = z.object({ token: z.string() }).parse(await made.json());
  const headers = { Authorization: basic(token) };
  const blob = randomBytes(3_000_000);
  const config = Buffer.from("{}");
  for (const bytes of [blob, config]) {
    const begun = await ask(`${origin}/v2/acme/web/blobs/uploads/`, token, 202, { method: "POST", headers });
    const upload = new URL(begun.headers.get("Location") ?? "", origin);
    upload.searchParams.set("digest", digestOf(bytes));
    const body = new Uint8Array(bytes);
    const sent = { ...headers, "Content-Type": "application/octet-stream" };
    await ask(upload.href, token, 201, { method: "PUT", headers: sent, body });
  }
  const manifest = JSON.stringify(manifestOf(described(OCI_CONFIG, config), [described(OCI_LAYER, blob)]));
  await ask(`${origin}/v2/acme/web/manifests/1.0`, token, 201, { method: "PUT", headers, body: manifest });
  return { token, manifest, blob };
}

/** Pulls the image from a registry, and compares it. */
export async function pullImage(host: string, { token, manifest, blob }: Image): Promise<void> {
  const headers = { Authorization: basic(token), Accept: OCI_MANIFEST };
  const found = await ask(`https://${host}/v2/acme/web/manifests/1.0`, token, 200, { headers });
  if ((await found.text()) !== manifest) throw new Error(`${host} has another manifest`);
  const layer = await ask(`https://${host}/v2/acme/web/blobs/${digestOf(blob)}`, token, 200, { headers });
  if (digestOf(Buffer.from(await layer.arrayBuffer())) !== digestOf(blob)) throw new Error(`${host} has another blob`);
}
