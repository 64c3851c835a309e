import { once } from "node:events";
import { IncomingMessage, request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { URL } from "node:url";
import * as z from "zod";
import type { RandomBody } from "./random-body.ts";
import { type BenchServer, SPACE } from "./server.ts";

const REPOSITORY = `${SPACE}/uploads`;

interface Sending {
  readonly method: string;
  /** An absolute address, or one relative to the server. */
  readonly address: string;
  readonly status: number;
  readonly body?: RandomBody;
  /** `chunked` sends the body without telling its length. */
  readonly transfer?: "chunked" | "whole";
}

interface Answer {
  readonly location: string;
  /** Milliseconds from the first byte of the request to the last of the answer. */
  readonly ms: number;
}

/** Sends one request, its body as fast as the server takes it. Fails if the answer has another status. */
export type Send = (sending: Sending) => Promise<Answer>;

const tokenAnswer = z.object({ token: z.string() });

/** Opens a session of a client that has logged in as clients do. Its token lasts for five minutes. */
export async function logIn({ url, secret }: BenchServer): Promise<Send> {
  const scope = encodeURIComponent(`repository:${REPOSITORY}:pull,push`);
  const basic = Buffer.from(`bench:${secret}`).toString("base64");
  const answer = await fetch(`${url}/token?scope=${scope}`, { headers: { Authorization: `Basic ${basic}` } });
  const { token } = tokenAnswer.parse(await answer.json());
  return (sending) => send(url, token, sending);
}

async function send(url: string, token: string, sending: Sending): Promise<Answer> {
  const { method, address, status, body, transfer = "whole" } = sending;
  const framing = transfer === "whole" ? { "Content-Length": body?.size ?? 0 } : { "Transfer-Encoding": "chunked" };
  const begun = performance.now();
  const request = httpRequest(new URL(address, url), {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/octet-stream", ...framing },
    // Each request has a connection of its own, since the server may be closing an idle one.
    agent: false,
  });
  const sent = pipeline(Readable.from(body?.chunks() ?? []), request);
  // An answer may come before the body's end, and says more than the broken connection does.
  sent.catch(() => undefined);
  const [response] = await once(request, "response").catch((cause: unknown) => {
    const seconds = Math.round((performance.now() - begun) / 1000);
    throw new Error(`${method} ${address} was not answered in ${seconds} s`, { cause });
  });
  if (!(response instanceof IncomingMessage)) throw new Error(`${method} ${address}: not an answer`);
  const content = await text(response);
  if (response.statusCode !== status) throw new Error(`${method} ${address}: ${response.statusCode} ${content}`);
  await sent;
  return { location: response.headers.location ?? "", ms: performance.now() - begun };
}

export async function startSession(as: Send): Promise<string> {
  const { location } = await as({ method: "POST", address: `/v2/${REPOSITORY}/blobs/uploads/`, status: 202 });
  return location;
}

/** Returns the address that finishes a session. */
export function finishAddress(session: string, digest: string): string {
  return `${session}?digest=${digest}`;
}
