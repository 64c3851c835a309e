import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Main } from "../../app/main-area.tsx";
import { useList } from "../../api/queries.ts";
import { PageHead } from "../../components/page-head.tsx";
import { ActivityList } from "./activity-list.tsx";
import "./activity.css";

const PAGE = 50;

/** Shows all activity in a space, with its actors. */
export function ActivityPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space/activity" });
  const search = useSearch({ from: "/signed-in/spaces/$space/activity" });
  const navigate = useNavigate({ from: "/spaces/$space/activity" });
  const list = useList("listActivity", { path: { space }, query: { ...search, limit: PAGE } });
  return (
    <>
      <PageHead title="Activity" />
      <ActivityList space={space} list={list} search={search} onSearch={(next) => void navigate({ search: next })} />
    </>
  );
}

/** Shows all activity on the installation, with its actors. */
export function InstallationActivityPage() {
  const search = useSearch({ from: "/signed-in/activity" });
  const navigate = useNavigate({ from: "/activity" });
  const list = useList("listInstallationActivity", { path: {}, query: { ...search, limit: PAGE } });
  return (
    <Main>
      <PageHead title="Activity in all spaces" />
      <ActivityList space={null} list={list} search={search} onSearch={(next) => void navigate({ search: next })} />
    </Main>
  );
}
