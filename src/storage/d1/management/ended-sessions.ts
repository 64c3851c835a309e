import type { EndedSessionStore } from "../../../management/stores.ts";
import { isEmpty } from "../rows.ts";

const END = "INSERT INTO ended_sessions (mark, expires_at) VALUES (?1, ?2) ON CONFLICT (mark) DO NOTHING";
const FIND = "SELECT 1 FROM ended_sessions WHERE mark = ?1";
const FORGET = "DELETE FROM ended_sessions WHERE expires_at < ?1";

export function d1EndedSessions(db: D1Database): EndedSessionStore {
  return {
    async end(mark, expiresAt) {
      await db.prepare(END).bind(mark, expiresAt).run();
    },

    async has(mark) {
      return !isEmpty(await db.prepare(FIND).bind(mark).all());
    },

    async forget(now) {
      await db.prepare(FORGET).bind(now).run();
    },
  };
}
