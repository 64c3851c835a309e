import { useQuery } from "@tanstack/react-query";
import { operationQuery } from "../../api/queries.ts";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { Bytes } from "../../components/values.tsx";
import { blobTitle } from "../../content/attachments.ts";
import { type Document, parseDocument } from "../../content/document.ts";
import { parseJson } from "../../content/json.ts";
import { keyed } from "../../content/keyed.ts";
import { type Descriptor, parseContent } from "../../content/manifest.ts";
import { omissionText } from "../../content/omission.ts";
import { DocumentView } from "./document-view.tsx";
import type { Place } from "./place.ts";

interface AttachmentContentProps extends Place {
  readonly digest: string;
}

/** Shows the content of an attachment, blob by blob. */
export default function AttachmentContent({ digest, ...place }: AttachmentContentProps) {
  const { space, repository } = place;
  const { data, error, refetch } = useQuery(
    operationQuery("getManifest", { path: { space }, query: { repository, reference: digest } }),
  );
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading what="the document" />;
  if (data.damage !== null) return <p>It {omissionText(data.damage)}</p>;
  const { layers } = parseContent(data.raw);
  return (
    <div className="sections attachment-content">
      {layers.length === 0 && <p className="muted">It has annotations but no content.</p>}
      {keyed(layers.slice(0, BLOBS), ({ digest: blob }) => blob).map(([key, layer]) => (
        <section key={key} className="sections" aria-label={blobTitle(layer)}>
          <h3>{blobTitle(layer)}</h3>
          <BlobContent layer={layer} {...place} />
        </section>
      ))}
    </div>
  );
}

/** The most blobs to show. An attachment with more is not made for reading. */
const BLOBS = 20;

function BlobContent({ layer, space, repository }: Place & { readonly layer: Descriptor }) {
  const { digest, size } = layer;
  const { data, error, refetch } = useQuery({
    ...operationQuery("getBlobText", { path: { space }, query: { repository, digest } }),
    staleTime: Infinity,
  });
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading what="the document" />;
  if (data.text === null) {
    return (
      <p>
        It (<Bytes count={size} />) {omissionText(data.omitted ?? "")}
      </p>
    );
  }
  const json = parseJson(data.text);
  const document: Document = json === undefined ? { kind: "other" } : parseDocument(json);
  const pretty = json === undefined ? data.text : JSON.stringify(json, null, 2);
  return <DocumentView document={document} text={data.text} pretty={pretty} />;
}
