import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { operationQuery } from "../../api/queries.ts";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { SettingsForm } from "./settings-form.tsx";

/** Shows who may pull from a space, which of its tags are immutable, and which registries it stands for. */
export function SpaceSettingsPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space/settings" });
  const { data, error, isPending, refetch } = useQuery(operationQuery("getSpace", { path: { space } }));
  return (
    <>
      <PageHead title="Settings" />
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {isPending && <Loading what="the settings" />}
      {data && <SettingsForm key={space} space={data} />}
    </>
  );
}
