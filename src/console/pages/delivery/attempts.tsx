import type { DeliveryDetail } from "../../../contract/operations.ts";
import { LinkedText } from "../../components/linked-text.tsx";
import { Outcome } from "../../components/outcome.tsx";
import { Time } from "../../components/time.tsx";
import "./attempts.css";

type Attempt = DeliveryDetail["attempts"][number];

/** Lists the attempts of a delivery, newest first, each with the beginning of its answer. */
export function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  return (
    <section className="section">
      <h2>Attempts</h2>
      {attempts.length === 0 && <p className="muted">None yet.</p>}
      <ol className="attempts" reversed>
        {attempts.toReversed().map((attempt) => (
          <li key={attempt.number} className="card attempt" aria-label={`Attempt ${attempt.number}`}>
            <p className="attempt-head">
              <strong>{attempt.number}</strong> <Outcome of={attempt} />
              <span className="muted">
                <Time at={attempt.at} />
              </span>
            </p>
            {attempt.detail !== "" && (
              <pre className="answer" tabIndex={0} aria-label={`What attempt ${attempt.number} came to`}>
                <LinkedText text={attempt.detail} />
              </pre>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
