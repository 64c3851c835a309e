import { type Ask, ask, errorOf } from "./registry.ts";

/**
 * Sends a request that no client should send. Returns the status, and the code if it was refused. Fails if
 * the answer is a 5xx, or an error that is not in the spec's form.
 */
export async function refusalOf(path: string, wish: Ask): Promise<string> {
  const answer = await ask(path, wish);
  if (answer.status >= 500) throw new Error(`${describeAsk(path, wish)} answered ${answer.status}`);
  if (answer.status < 400 || wish.method === "HEAD") {
    await answer.body?.cancel();
    return String(answer.status);
  }
  if (answer.headers.get("Content-Type") !== "application/json") {
    throw new Error(`${describeAsk(path, wish)} answered an error that is not JSON`);
  }
  return errorOf(answer);
}

function describeAsk(path: string, { method = "GET", headers = {} }: Ask): string {
  return `${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 200)}`;
}
