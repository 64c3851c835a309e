import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { shortDigest } from "../../../contract/format.ts";
import type { Manifest } from "../../../contract/operations.ts";
import { operationQuery, REFRESH_EVERY } from "../../api/queries.ts";
import { LinkButton } from "../../components/button.tsx";
import { RepositoryCrumb } from "../../components/crumbs.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { type Tab, Tabs } from "../../components/tabs.tsx";
import { kindOf } from "../../content/kind.ts";
import { parseContent } from "../../content/manifest.ts";
import { AttachedView } from "./attached-view.tsx";
import { ConfigView } from "./config-view.tsx";
import { DamageNotice } from "./damage-notice.tsx";
import { LayersView } from "./layers-view.tsx";
import { ManifestFacts } from "./manifest-facts.tsx";
import type { ManifestProps, Place } from "./place.ts";
import { PlatformsView } from "./platforms-view.tsx";
import { PullCommands } from "./pull-commands.tsx";
import { RawView } from "./raw-view.tsx";
import "./manifest.css";

const ROUTE = "/signed-in/spaces/$space/repositories/$repository/manifests/$reference";

/** The page of the manifest that a tag or a digest names. */
export function ManifestPage() {
  const { space, repository, reference } = useParams({ from: ROUTE });
  const isTag = !reference.includes(":");
  const { data, error, refetch } = useQuery({
    ...operationQuery("getManifest", { path: { space }, query: { repository, reference } }),
    // A digest always names the same manifest, but its context change.
    refetchInterval: isTag ? REFRESH_EVERY : 4 * REFRESH_EVERY,
  });
  const title = isTag ? `${repository}:${reference}` : `${repository}@${shortDigest(reference)}`;
  return (
    <>
      <RepositoryCrumb space={space} repository={repository} />
      <PageHead title={title}>
        <LinkButton
          to="/spaces/$space/repositories/$repository/compare"
          params={{ space, repository }}
          search={{ from: reference }}
        >
          Compare
        </LinkButton>
      </PageHead>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading what="the manifest" />}
      {data && <Shown space={space} repository={repository} manifest={data} tag={isTag ? reference : null} />}
    </>
  );
}

function Shown({ tag, ...props }: ManifestProps & { readonly tag: string | null }) {
  const { view } = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/spaces/$space/repositories/$repository/manifests/$reference" });
  return (
    <div className="manifest">
      <DamageNotice {...props} />
      <ManifestFacts {...props} />
      <PullCommands {...props} tag={tag} />
      <Tabs
        label="Parts of the manifest"
        tabs={tabsOf(props.manifest, props)}
        value={view}
        onChange={(chosen) => void navigate({ search: { view: chosen }, replace: true, resetScroll: false })}
      />
    </div>
  );
}

const AttachmentContent = lazy(() => import("./attachment-content.tsx"));

/**
 * The tab that shows an attachment's content. An attachment has a page of its own, and its content is shown there just
 * as beside its subject.
 */
function readTab({ manifest, ...place }: ManifestProps): Tab {
  const content = (
    <Suspense fallback={<Loading what="the document" />}>
      <AttachmentContent {...place} digest={manifest.digest} />
    </Suspense>
  );
  return { id: "read", title: "Read", content };
}

function tabsOf(manifest: Manifest, place: Place): readonly Tab[] {
  const props = { ...place, manifest };
  const kind = kindOf(manifest);
  const content = parseContent(manifest.raw);
  const parts: Record<typeof kind, Tab> = {
    index: {
      id: "platforms",
      title: "Platforms",
      content: <PlatformsView {...props} entries={content.manifests} />,
    },
    image: { id: "layers", title: "Layers", content: <LayersView {...props} layers={content.layers} /> },
    chart: { id: "files", title: "Files", content: <LayersView {...props} layers={content.layers} /> },
    artifact: { id: "files", title: "Files", content: <LayersView {...props} layers={content.layers} /> },
  };
  return [
    ...(manifest.raw === null ? [] : [parts[kind]]),
    ...(kind === "artifact" && content.layers.length > 0 ? [readTab(props)] : []),
    { id: "config", title: kind === "index" ? "Annotations" : "Configuration", content: <ConfigView {...props} /> },
    { id: "attached", title: "Attached", content: <AttachedView {...props} /> },
    ...(manifest.raw === null ? [] : [{ id: "raw", title: "Raw", content: <RawView manifest={manifest} /> }]),
  ];
}
