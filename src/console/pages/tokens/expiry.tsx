import { Warning } from "../../components/notice.tsx";
import { Time, useNow } from "../../components/time.tsx";
import type { Token } from "../../../contract/operations.ts";

/** Milliseconds before a token's expiry in which the page warns of it. */
const SOON = 14 * 86_400_000;

/** The most tokens to name; if there are more, the notice only counts them. */
const NAMED = 3;

export function lifeOf({ expiresAt }: Token, now: Date): "lasting" | "ending" | "expired" {
  if (expiresAt === null) return "lasting";
  const left = Date.parse(expiresAt) - now.getTime();
  if (left <= 0) return "expired";
  return left < SOON ? "ending" : "lasting";
}

/** Warns of tokens that are about to expire. */
export function ExpiringNotice({ tokens }: { readonly tokens: readonly Token[] }) {
  const now = useNow();
  const ending = tokens
    .filter((token) => lifeOf(token, now) === "ending")
    .toSorted((left, right) => (left.expiresAt ?? "").localeCompare(right.expiresAt ?? ""));
  const [first] = ending;
  if (first === undefined) return null;
  const more = ending.length - NAMED;
  return (
    <Warning>
      {ending.length === 1 ? "A token expires soon: " : `${ending.length} tokens expire soon: `}
      {ending.slice(0, NAMED).map(({ id, name, expiresAt }, index) => (
        <span key={id}>
          {index > 0 && ", "}
          {name} <Time at={expiresAt ?? ""} />
        </span>
      ))}
      {more > 0 && ` and ${more} more`}. Create a new token in time, then revoke the old one.
    </Warning>
  );
}
