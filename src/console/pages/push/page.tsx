import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Event } from "../../../contract/operations.ts";
import { operationQuery, REFRESH_EVERY, useList } from "../../api/queries.ts";
import { DeliveriesTable } from "../../parts/deliveries-table.tsx";
import { pathIn, pushName } from "../../parts/deployment.tsx";
import { Facts } from "../../components/facts.tsx";
import { ManifestLink } from "../../parts/manifest-link.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Time } from "../../components/time.tsx";
import { Bytes } from "../../components/values.tsx";
import { DeployedWhere } from "./deployed.tsx";
import { Verdicts } from "./verdicts.tsx";

/**
 * Shows the whole chain of a push: the actor, the content, the triggers' decisions, the deliveries, and the version
 * that runs now.
 */
export function PushPage() {
  const { space, event: id } = useParams({ from: "/signed-in/spaces/$space/pushes/$event" });
  const query = useQuery({ ...operationQuery("getEvent", { path: { space, id } }), refetchInterval: REFRESH_EVERY });
  const deliveries = useList("listDeliveries", { path: { space }, query: { event: id, limit: 100 } });
  const { data: event, error } = query;
  return (
    <>
      <PageHead title={event === undefined ? "Push" : pushName(space, event.data)} />
      {error && <Failure error={error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading what="the push" />}
      {event && (
        <div className="sections">
          <section className="card" aria-label="What was pushed">
            <What space={space} event={event} />
          </section>
          <section className="section">
            <h2>Triggers</h2>
            <Verdicts space={space} verdicts={event.triggers} />
          </section>
          <section className="section">
            <h2>Deliveries</h2>
            {deliveries.error && <Failure error={deliveries.error} onRetry={deliveries.retry} />}
            {deliveries.items.length > 0 ? (
              <DeliveriesTable space={space} label="Deliveries of this push" deliveries={deliveries.items} />
            ) : (
              !deliveries.isPending && <p className="muted">None.</p>
            )}
            <LoadMore list={deliveries} />
          </section>
          <section className="section">
            <h2>Deployed</h2>
            <DeployedWhere space={space} event={event} deliveries={deliveries.items} />
          </section>
        </div>
      )}
    </>
  );
}

const HAPPENED: Readonly<Record<string, string>> = {
  "registry.tag.created": "A new tag was pushed",
  "registry.tag.updated": "The tag was pushed again",
  "registry.tag.deleted": "The tag was deleted",
  "registry.manifest.pushed": "A manifest was pushed",
  "registry.manifest.deleted": "A manifest was deleted",
};

function What({ space, event: { id, type, timestamp, data } }: { readonly space: string; readonly event: Event }) {
  const { repository, digest, previousDigest, mediaType, size, platforms, actor } = data;
  const path = pathIn(space, repository);
  const link = (one: string) => <ManifestLink space={space} repository={path} digest={one} />;
  return (
    <Facts
      facts={{
        "What happened": HAPPENED[type] ?? type,
        By: actor.name,
        When: <Time at={timestamp} />,
        Repository: (
          <Link to="/spaces/$space/repositories/$repository" params={{ space, repository: path }}>
            {path}
          </Link>
        ),
        Tag: data.tag,
        Digest: link(digest),
        "Before that": before(data.tag, digest, previousDigest, link),
        Platforms: platforms.length === 0 ? null : platforms.join(", "),
        "Media type": mediaType,
        "Manifest’s size": <Bytes count={size} />,
        Event: <code>{id}</code>,
      }}
    />
  );
}

function before(
  tag: string | null,
  digest: string,
  previous: string | null,
  link: (digest: string) => ReactNode,
): ReactNode {
  if (tag === null) return null;
  if (previous === null) return "none: the tag is new";
  return previous === digest ? "the same digest" : link(previous);
}
