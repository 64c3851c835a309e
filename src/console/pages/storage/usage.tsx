import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatBytes } from "../../../oci/size.ts";
import { operationQuery } from "../../api/queries.ts";
import { may, useSession } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import type { Space } from "../../../contract/operations.ts";
import { QuotaDialog } from "./quota-dialog.tsx";

/** Shows a space's usage beside its limits. */
export function Usage({ space }: { readonly space: string }) {
  const { data, error, isPending, refetch } = useQuery(operationQuery("getSpace", { path: { space } }));
  const [isEditing, setEditing] = useState(false);
  const mayEdit = may(useSession(), "manageInstallation");
  if (isPending) return <Loading what="usage" />;
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  const { usage, quota } = data;
  return (
    <section className="card section" aria-label="What the space has">
      <div className="section-head">
        <h2>In use</h2>
        {mayEdit && <Button onClick={() => setEditing(true)}>Change limits</Button>}
      </div>
      <div className="figures">
        <Figure what="Stored" used={usage.bytes} limit={quota.bytes} format={formatBytes} />
        <Figure
          what="Repositories"
          used={usage.repositories}
          limit={quota.repositories}
          format={(count) => count.toLocaleString()}
        />
      </div>
      <p className="hint">A layer counts in each repository that has it. {advice(data, mayEdit)}</p>
      {isEditing && <QuotaDialog space={data} onClose={() => setEditing(false)} />}
    </section>
  );
}

/** The share of a limit from which on clients are warned when they push. */
const NEAR = 0.9;

interface FigureProps {
  readonly what: string;
  readonly used: number;
  readonly limit: number | null;
  readonly format: (value: number) => string;
}

function Figure({ what, used, limit, format }: FigureProps) {
  const share = limit === null ? null : used / Math.max(limit, 1);
  const look = share === null || share < NEAR ? "part-own" : share < 1 ? "part-near" : "part-over";
  return (
    <div className="figure">
      <span className="muted">{what}</span>
      <strong title={used.toLocaleString()}>{format(used)}</strong>
      {share === null ? (
        <span className="hint">no limit</span>
      ) : (
        <>
          <div className="bar" aria-hidden="true">
            <span className={look} style={{ width: `${Math.min(100, share * 100)}%` }} />
          </div>
          <span className="hint">
            {Math.round(share * 100)} % of {format(limit ?? 0)}
          </span>
        </>
      )}
    </div>
  );
}

function advice({ nearLimit, quota }: Space, mayEdit: boolean): string {
  if (nearLimit)
    return "The space is nearly full. Delete what is not needed, or let a retention rule do so: a full space refuses pushes.";
  const isLimited = quota.bytes !== null || quota.repositories !== null;
  if (mayEdit) return "";
  return isLimited ? "The registry’s administrator sets the limits." : "";
}
