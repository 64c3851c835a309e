import type { EndedSessionStore } from "../../../management/stores.ts";
import { isEmpty } from "../rows.ts";
import { run } from "../statement.ts";

const END = "INSERT INTO ended_sessions (mark, expires_at) VALUES (:mark, :expiresAt) ON CONFLICT (mark) DO NOTHING";
const FIND = "SELECT 1 FROM ended_sessions WHERE mark = :mark";
const FORGET = "DELETE FROM ended_sessions WHERE expires_at < :now";

export function d1EndedSessions(db: D1Database): EndedSessionStore {
  return {
    async end(mark, expiresAt) {
      await run(db, END, { mark, expiresAt });
    },

    async has(mark) {
      return !isEmpty(await run(db, FIND, { mark }));
    },

    async forget(now) {
      await run(db, FORGET, { now });
    },
  };
}
