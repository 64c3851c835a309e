import * as z from "zod";
import { readText, type Transport } from "../client/transport.ts";

const API_TITLE = "Spacedock management API";
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

const openApi = z.object({ info: z.object({ title: z.literal(API_TITLE), version: z.string() }) });

/** Returns the version of the management API at an address, which needs no login; null: it is no Spacedock. */
export async function askApi(transport: Transport, origin: string, signal: AbortSignal): Promise<string | null> {
  const answer = await transport.send({ method: "GET", url: new URL("/api/v1/openapi.json", origin), signal });
  const parsed = openApi.safeParse(parseJson(await readText(answer, MAX_DOCUMENT_BYTES)));
  return parsed.success ? parsed.data.info.version : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
