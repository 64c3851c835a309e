import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { operationQuery, REFRESH_EVERY, useChange } from "../../api/queries.ts";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Status } from "../../components/status.tsx";
import { toast } from "../../components/toasts.tsx";
import { TriggerActions } from "./actions.tsx";
import { TriggerForm } from "./form.tsx";

/** Shows a trigger, to look at, change and try. */
export function TriggerPage() {
  const { space, trigger: id } = useParams({ from: "/signed-in/spaces/$space/triggers/$trigger" });
  const query = useQuery({ ...operationQuery("getTrigger", { path: { space, id } }), refetchInterval: REFRESH_EVERY });
  const update = useChange("updateTrigger", ["getTrigger", "listTriggers"]);
  const { data: trigger, error } = query;
  return (
    <>
      <PageHead title={trigger?.name ?? "Trigger"}>
        {trigger && <TriggerActions space={space} trigger={trigger} />}
      </PageHead>
      {error && <Failure error={error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading what="the trigger" />}
      {trigger && (
        <div className="form">
          <p className="summary">
            <Status tone={trigger.enabled ? "good" : "quiet"}>{trigger.enabled ? "on" : "disabled"}</Status>{" "}
            <Link to="/spaces/$space/deliveries" params={{ space }} search={{ trigger: id }}>
              View deliveries
            </Link>
          </p>
          {trigger.match === null && (
            <Failure
              error={
                new Error("this version cannot read its rules, so the trigger does not fire: set them again and save")
              }
            />
          )}
          <TriggerForm
            key={id}
            space={space}
            trigger={trigger}
            action="Save"
            isSaving={update.isPending}
            failure={update.error}
            onSave={({ group = null, debounceSeconds = null, ...input }) =>
              update.mutate(
                { path: { space, id }, body: { ...input, group, debounceSeconds } },
                { onSuccess: () => toast("Saved") },
              )
            }
          />
        </div>
      )}
    </>
  );
}
