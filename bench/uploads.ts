import { finishAddress, logIn, startSession } from "./client.ts";
import type { Plan } from "./options.ts";
import { RandomBody } from "./random-body.ts";
import type { BenchServer } from "./server.ts";
import { median, MIB, progress, sizeText } from "./units.ts";

/** Times of uploads of one size: milliseconds, the median of the runs. */
export interface UploadTimes {
  /** Bytes. */
  readonly size: number;
  readonly runs: number;
  /** The time to send the bytes in one PATCH with chunked transfer. */
  readonly patchMs: number;
  /** The time of the PUT without a body that ends that session. */
  readonly finishMs: number;
  /** The time to send the bytes in one PUT with Content-Length. */
  readonly putMs: number;
}

export async function measureUploads(server: BenchServer, plan: Plan["uploads"]): Promise<readonly UploadTimes[]> {
  progress("uploading: a first time, which does not count");
  await inSession(server, 10 * MIB);
  await inOnePut(server, 10 * MIB);
  const times: UploadTimes[] = [];
  for (const { size, runs } of plan) {
    progress(`uploading ${sizeText(size)}, ${runs === 1 ? "once" : `${runs} times`} each way`);
    times.push(await measureSize(server, size, runs));
  }
  return times;
}

async function measureSize(server: BenchServer, size: number, runs: number): Promise<UploadTimes> {
  const sessions: { readonly patchMs: number; readonly finishMs: number }[] = [];
  const puts: number[] = [];
  for (let run = 0; run < runs; run++) {
    sessions.push(await inSession(server, size));
    puts.push(await inOnePut(server, size));
  }
  return {
    size,
    runs,
    patchMs: median(sessions.map(({ patchMs }) => patchMs)),
    finishMs: median(sessions.map(({ finishMs }) => finishMs)),
    putMs: median(puts),
  };
}

/** Pushes as docker does: one PATCH without its length, and a PUT that ends the session. */
export async function inSession(server: BenchServer, size: number): Promise<{ patchMs: number; finishMs: number }> {
  const body = new RandomBody(size);
  const digest = body.digest();
  const as = await logIn(server);
  const address = await startSession(as);
  const patch = await as({ method: "PATCH", address, body, transfer: "chunked", status: 202 });
  const finish = await as({ method: "PUT", address: finishAddress(patch.location, digest), status: 201 });
  return { patchMs: patch.ms, finishMs: finish.ms };
}

async function inOnePut(server: BenchServer, size: number): Promise<number> {
  const body = new RandomBody(size);
  const digest = body.digest();
  const as = await logIn(server);
  const address = finishAddress(await startSession(as), digest);
  return (await as({ method: "PUT", address, body, status: 201 })).ms;
}
