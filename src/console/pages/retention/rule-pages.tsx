import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { operationQuery, useChange } from "../../api/queries.ts";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { toast } from "../../components/toasts.tsx";
import { draftOf, NEW_RULE } from "./keep.ts";
import { RuleForm } from "./rule-form.tsx";

const CHANGED = ["listRetentionRules", "getRetentionRule", "previewRetention"] as const;

export function NewRulePage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space/retention/new" });
  const create = useChange("createRetentionRule", CHANGED);
  const showDone = useDone(space);
  return (
    <>
      <PageHead title="New retention rule" />
      <RuleForm
        space={space}
        initial={NEW_RULE}
        onSave={async (body) => {
          await create.mutateAsync({ path: { space }, body });
          showDone();
        }}
      />
    </>
  );
}

export function RulePage() {
  const { space, rule: id } = useParams({ from: "/signed-in/spaces/$space/retention/$rule" });
  const { data, error, isPending, refetch } = useQuery(operationQuery("getRetentionRule", { path: { space, id } }));
  const update = useChange("updateRetentionRule", CHANGED);
  const showDone = useDone(space);
  return (
    <>
      <PageHead title={data === undefined ? "Retention rule" : `The rule “${data.name}”`} />
      {isPending && <Loading what="the rule" />}
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {data && (
        <RuleForm
          space={space}
          initial={draftOf(data)}
          replaces={id}
          onSave={async (body) => {
            await update.mutateAsync({ path: { space, id }, body });
            showDone();
          }}
        />
      )}
    </>
  );
}

function useDone(space: string): () => void {
  const navigate = useNavigate();
  return () => {
    toast("Rule saved");
    void navigate({ to: "/spaces/$space/retention", params: { space } });
  };
}
