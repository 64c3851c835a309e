import type { Event } from "../../../contract/operations.ts";
import { TriggerLink, useDeployment } from "../../parts/deployment.tsx";
import { sentence } from "../../components/notice.tsx";
import { Status } from "../../components/status.tsx";
import "./verdicts.css";

/** Shows each trigger's decision on an event, as it was made at the time. */
export function Verdicts({ space, verdicts }: { readonly space: string; readonly verdicts: Event["triggers"] }) {
  const deployment = useDeployment(space);
  if (verdicts === null) return <p className="muted">Not decided yet: that takes seconds.</p>;
  if (verdicts.length === 0) return <p className="muted">No trigger was switched on then.</p>;
  return (
    <ul className="verdicts card">
      {verdicts.map(({ trigger, fires, reason }) => (
        <li key={trigger}>
          <Status tone={fires ? "good" : "quiet"}>{fires ? "fired" : "did not fire"}</Status>
          <span>
            <TriggerLink space={space} id={trigger} deployment={deployment} />
            {reason !== null && <span className="reason"> {sentence(reason)}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
