/** Tests refused bodies of chunks: they are read to their end all the same, or the client would see a reset connection. */
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { bytesOf, digestOf, startSession } from "../support/content.ts";
import { disturbCalls } from "../support/counting.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";
import { finish, offsetOf, patch } from "../support/upload.ts";

const MIB = 1024 * 1024;
const REPOSITORY = "refused/web";
let as: string;

beforeAll(async () => {
  as = await makeSpace("refused");
});

beforeEach(() => {
  vi.restoreAllMocks();
});

interface Watched {
  readonly body: ReadableStream;
  /** Tells how the body ended, if it did. */
  readonly ending: () => "read" | "cancelled" | "open";
}

/** Makes a body of so many pieces of a MiB. @param between runs before each piece but the first */
function watched(pieces: number, between: (piece: number) => Promise<void> = () => Promise.resolve()): Watched {
  let ending: ReturnType<Watched["ending"]> = "open";
  let sent = 0;
  const body = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      if (sent > 0) await between(sent);
      if (sent < pieces) controller.enqueue(bytesOf(MIB, sent));
      else {
        ending = "read";
        controller.close();
        controller.byobRequest?.respond(0);
      }
      sent += 1;
    },
    cancel() {
      ending = "cancelled";
    },
  });
  return { body, ending: () => ending };
}

type Method = "PATCH" | "PUT";

async function send(
  method: Method,
  session: string,
  { body }: Watched,
  headers: Record<string, string> = {},
): Promise<Response> {
  return ask(method === "PUT" ? `${session}?digest=${await digestOf("else")}` : session, { method, as, headers, body });
}

describe.each<Method>(["PATCH", "PUT"])("a %s is read to its end", (method) => {
  it.each(["R2 createMultipartUpload", "R2 uploadPart"])("where %s fails", async (name) => {
    vi.spyOn(console, "error").mockReturnValue();
    const session = await startSession(REPOSITORY, as);
    const chunk = watched(20);
    const answers: number[] = [];
    await disturbCalls(
      (call, proceed) => {
        if (call.name === name) throw new Error(`injected: ${name}`);
        return proceed();
      },
      async () => {
        answers.push((await send(method, session, chunk)).status);
      },
    );
    expect(answers).toEqual([500]);
    expect(chunk.ending()).toBe("read");
    // The session goes on.
    const offset = (await offsetOf(session, as)) ?? -1;
    expect((await patch(session, as, bytesOf(10), { at: offset })).status).toBe(202);
  });

  it("where it has more bytes than its range", async () => {
    const session = await startSession(REPOSITORY, as);
    const chunk = watched(8);
    expect(await errorOf(await send(method, session, chunk, { "Content-Range": "0-9" }))).toBe("400 SIZE_INVALID");
    expect(chunk.ending()).toBe("read");
  });

  it("where the session is being finished by another request", async () => {
    const session = await startSession(REPOSITORY, as);
    const chunk = watched(8);
    const seconds: Promise<Response>[] = [];
    const whole = watched(3, async (piece) => {
      if (piece === 1) seconds.push(send(method, session, chunk));
      await scheduler.wait(50);
    });
    await send("PUT", session, whole);
    // A second finish waits for the first, and then finds the wrong digest, too.
    expect((await Promise.all(seconds)).map(({ status }) => status)).toEqual([method === "PUT" ? 400 : 416]);
    expect(chunk.ending()).toBe("read");
  });

  it("where the session was finished before", async () => {
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytesOf(5));
    await finish(session, as, await digestOf(bytesOf(5)));
    const chunk = watched(8);
    expect(await errorOf(await send(method, session, chunk))).toBe("404 BLOB_UPLOAD_UNKNOWN");
    expect(chunk.ending()).toBe("read");
  });
});

it("a chunk whose session is cancelled meanwhile is read to its end, and adds nothing", async () => {
  const session = await startSession(REPOSITORY, as);
  const chunk = watched(8, async (piece) => {
    if (piece === 4) await ask(session, { method: "DELETE", as });
  });
  expect(await errorOf(await send("PATCH", session, chunk))).toBe("404 BLOB_UPLOAD_UNKNOWN");
  expect(chunk.ending()).toBe("read");
  expect(await offsetOf(session, as)).toBeNull();
});
