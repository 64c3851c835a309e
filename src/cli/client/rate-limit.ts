import { setTimeout as sleep } from "node:timers/promises";
import { makeBackoff } from "./backoff.ts";
import type { Connection } from "./connection.ts";
import { refusedAnswer, RefusedError } from "./problem.ts";
import type { Answer } from "./transport.ts";
import { formatDuration } from "../../contract/format.ts";

type Question = Parameters<Connection["ask"]>[0];

/** Milliseconds that a registry may hold everything up before the wait is given up. */
const PATIENCE = 15 * 60 * 1000;

/** Milliseconds of a pause that needs an explanation. */
const WORTH_A_WORD = 5000;

/**
 * Returns the same registry, but when it asks to slow down (429), all questions wait for as long as it wants, and
 * `note` tells the user. Requests without expected statuses, those of uploads, handle this themselves.
 */
export function heedingLimits(connection: Connection, note: (text: string) => void): Connection {
  const { host } = connection.registry;
  const { signal, backoff: pauses } = connection;
  const wait =
    pauses.wait ?? ((milliseconds) => sleep(milliseconds, undefined, signal === undefined ? {} : { signal }));
  const backoff = makeBackoff({
    signal,
    patience: PATIENCE,
    wait: async (milliseconds) => {
      note(`${host} limits requests: continuing in ${formatDuration(milliseconds)}`);
      await wait(milliseconds);
    },
  });
  let pause: Promise<void> | null = null;
  let pausesDone = 0;

  const ask = async (question: Question): Promise<Answer> => {
    const { expect } = question;
    if (expect === undefined) return connection.ask(question);
    for (;;) {
      await pause;
      const before = pausesDone;
      const answer = await connection.ask({ ...question, expect: [...expect, 429] }).catch(limitOfLogins);
      if (!(answer instanceof RefusedError) && answer.status !== 429) {
        backoff.reset();
        return answer;
      }
      const refused = withHint(answer instanceof RefusedError ? answer : await refusedAnswer(answer), host);
      const { asked } = refused;
      if (asked !== null && asked > PATIENCE) throw refused;
      // A question from before the pause has waited with the others, however late its answer came.
      if (before !== pausesDone) continue;
      pause ??= backoff.pause(refused, asked).finally(() => {
        pause = null;
        pausesDone += 1;
      });
      await pause;
    }
  };
  const noted = async (milliseconds: number): Promise<void> => {
    if (milliseconds >= WORTH_A_WORD) note(`${host} is busy: continuing in ${formatDuration(milliseconds)}`);
    await wait(milliseconds);
  };
  return { ...connection, ask, backoff: { ...pauses, wait: noted } };
}

/** Returns the 429 of a token endpoint, another host that may ask to slow down as well. Throws any other failure. */
function limitOfLogins(failure: unknown): RefusedError {
  if (failure instanceof RefusedError && failure.status === 429) return failure;
  throw failure;
}

function withHint({ kind, reason, status, code, asked }: RefusedError, host: string): RefusedError {
  const wish = asked === null ? "later" : `in ${formatDuration(asked)}`;
  const hint = `Log in for a higher limit (spacedock login ${host}), or run it again ${wish}: it skips what has been copied.`;
  return new RefusedError(kind, host, { status, code, reason, asked, hint });
}
