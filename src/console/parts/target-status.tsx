import type { Target } from "../../contract/operations.ts";
import { Status } from "../components/status.tsx";

export function TargetStatus({ target: { enabled, failingSince } }: { readonly target: Target }) {
  if (!enabled) return <Status tone="quiet">disabled</Status>;
  return failingSince === null ? <Status tone="good">on</Status> : <Status tone="bad">failing</Status>;
}
