import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { operationQuery } from "../../api/queries.ts";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { RepositoryHead } from "../../parts/repository-head.tsx";
import { DeleteRepository } from "./delete-repository.tsx";
import { SettingsForm } from "./settings-form.tsx";
import "./settings.css";

/** Shows who may pull from a repository and which of its tags are immutable, and deletes it. */
export function RepositorySettingsPage() {
  const { space, repository } = useParams({ from: "/signed-in/spaces/$space/repositories/$repository/settings" });
  const settings = useQuery(operationQuery("getRepository", { path: { space, name: repository } }));
  const parent = useQuery(operationQuery("getSpace", { path: { space } }));
  const error = settings.error ?? parent.error;
  const retry = (): void => {
    void settings.refetch();
    void parent.refetch();
  };
  return (
    <>
      <RepositoryHead space={space} repository={repository} />
      {error && <Failure error={error} onRetry={retry} />}
      {(settings.isPending || parent.isPending) && !error && <Loading what="the settings" />}
      {settings.data && parent.data && (
        <div className="settings">
          <SettingsForm key={repository} space={parent.data} repository={settings.data} />
          <DeleteRepository space={space} repository={settings.data} />
        </div>
      )}
    </>
  );
}
