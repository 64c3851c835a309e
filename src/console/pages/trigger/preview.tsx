import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { OperationOutput } from "../../../contract/operation.ts";
import { fieldProblemsOf } from "../../api/client.ts";
import { operationQuery, REFRESH_EVERY } from "../../api/queries.ts";
import { pushName } from "../../parts/deployment.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure, sentence } from "../../components/notice.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import type { Rules } from "./rules.ts";
import "../push/verdicts.css";

/** Milliseconds without typing after which the rules are tried. */
const TYPED_FOR = 350;

/** Tries rules on the latest pushes while they are typed. @param rules the same object until they change */
export function usePreview(space: string, rules: Rules) {
  const body = useSettled(rules);
  return useQuery({
    ...operationQuery("previewPushes", { path: { space }, body }),
    placeholderData: keepPreviousData,
    // Rules that the API has refused would be refused again.
    refetchInterval: ({ state }) => (state.status === "error" ? false : REFRESH_EVERY),
  });
}

/** Returns a value once it has stayed the same for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState({ value });
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ value }), TYPED_FOR);
    return () => clearTimeout(timer);
  }, [value]);
  return settled.value;
}

interface PreviewProps {
  readonly space: string;
  readonly preview: ReturnType<typeof usePreview>;
}

export function Preview({ space, preview: { data, error, isPending, isPlaceholderData, refetch } }: PreviewProps) {
  const isAboutFields = fieldProblemsOf(error).length > 0;
  return (
    <section className="card preview" aria-label="Preview">
      <h2>Recent pushes</h2>
      {isPending && <Loading what="the preview" />}
      {error && isAboutFields && <p className="muted">The preview appears once the marked fields are corrected.</p>}
      {error && !isAboutFields && <Failure error={error} onRetry={() => void refetch()} />}
      {data && !error && (
        <div aria-busy={isPlaceholderData}>
          <Pushes space={space} pushes={data.pushes} />
        </div>
      )}
    </section>
  );
}

type Pushes = OperationOutput<"previewPushes">["pushes"];

function Pushes({ space, pushes }: { readonly space: string; readonly pushes: Pushes }) {
  const fired = pushes.filter(({ fires }) => fires).length;
  if (pushes.length === 0) {
    return (
      <p className="muted">
        There are no recent pushes. After the next one, you see here whether the trigger would fire.
      </p>
    );
  }
  return (
    <>
      <output className="muted">
        It would have fired for {fired} of the last {pushes.length}.
      </output>
      <ul className="preview-list">
        {pushes.map((push) => (
          <li key={push.event}>
            <Status tone={push.fires ? "good" : "quiet"}>{push.fires ? "fires" : "no"}</Status>
            <div>
              <Link to="/spaces/$space/pushes/$event" params={{ space, event: push.event }}>
                {pushName(space, push)}
              </Link>{" "}
              <span className="reason">
                {push.type !== "tag.created" && push.type !== "tag.updated" && `${push.type}, `}
                <Time at={push.timestamp} />
              </span>
              {push.reason !== null && <p className="reason">{sentence(push.reason)}</p>}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
