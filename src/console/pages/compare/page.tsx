import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { operationQuery } from "../../api/queries.ts";
import { RepositoryCrumb } from "../../components/crumbs.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import type { Place } from "../manifest/place.ts";
import { Chooser } from "./chooser.tsx";
import { Comparison } from "./comparison.tsx";
import "./compare.css";

const ROUTE = "/signed-in/spaces/$space/repositories/$repository/compare";

/** Shows the differences between two tags, or digests, of a repository. */
export function ComparePage() {
  const place = useParams({ from: ROUTE });
  const { from, to, platform } = useSearch({ from: ROUTE });
  return (
    <>
      <RepositoryCrumb {...place} />
      <PageHead title={`Compare in ${place.repository}`} />
      <Chooser key={`${from} ${to}`} {...place} from={from} to={to} />
      {from !== undefined && to !== undefined ? (
        <Both {...place} from={from} to={to} platform={platform} />
      ) : (
        <Empty title="Choose what to compare">
          <p>Two tags, or digests, of this repository: what changed between them appears here.</p>
        </Empty>
      )}
    </>
  );
}

interface BothProps extends Place {
  readonly from: string;
  readonly to: string;
  readonly platform: string | undefined;
}

function Both({ from, to, platform, ...place }: BothProps) {
  const sides = [useSide(place, from), useSide(place, to)] as const;
  const failed = sides.find(({ error }) => error !== null);
  if (failed?.error) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  const [left, right] = sides;
  if (!left.data || !right.data) return <Loading what="both manifests" />;
  return <Comparison {...place} from={left.data} to={right.data} platform={platform} />;
}

function useSide({ space, repository }: Place, reference: string) {
  return useQuery(operationQuery("getManifest", { path: { space }, query: { repository, reference } }));
}
