import type { Connection } from "./connection.ts";

/** Tells a Spacedock that what is read is only looked at: it does not count as a pull, which retention goes by. */
const LOOK: Readonly<Record<string, string>> = { "spacedock-look": "1" };

/** The same registry, where reading leaves no trace. */
export function looking(connection: Connection): Connection {
  return {
    ...connection,
    ask: (question) => {
      const isRead = question.method === "GET" || question.method === "HEAD";
      return connection.ask(isRead ? { ...question, headers: { ...question.headers, ...LOOK } } : question);
    },
  };
}
