import { lazy, Suspense, useState } from "react";
import type { Manifest } from "../../../contract/operations.ts";
import { useList } from "../../api/queries.ts";
import { may, useRegistryHost, useSession } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { Command } from "../../components/command.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { ReferenceLink } from "../../parts/reference-link.tsx";
import { Time } from "../../components/time.tsx";
import { Digest } from "../../components/values.tsx";
import { attachedByBuilder, attachedByTag, type Attachment, fromReferrer } from "../../content/attachments.ts";
import { isTime } from "../../content/time.ts";
import type { ManifestProps, Place } from "./place.ts";

const AttachmentContent = lazy(() => import("./attachment-content.tsx"));

/** The most indexes to name. */
const PARENTS = 3;

/** Lists signatures, SBOMs, attestations and scan reports that are attached to a manifest, by whichever means. */
export function AttachedView({ manifest, ...place }: ManifestProps) {
  const { space, repository } = place;
  const { digest, usedBy, attached } = manifest;
  const referrers = useList("listReferrers", { path: { space }, query: { repository, digest, limit: 50 } });
  const found = new Map(
    [...referrers.items.map(fromReferrer), ...attachedByTag(attached), ...attachedByBuilder(manifest)].map(
      (attachment) => [attachment.digest, attachment],
    ),
  );
  const { isPending } = referrers;
  return (
    <div className="sections">
      {referrers.error && <Failure error={referrers.error} onRetry={referrers.retry} />}
      {isPending && <Loading what="what is attached" />}
      {!isPending && !referrers.error && found.size === 0 && <NothingAttached {...place} digest={digest} />}
      {found.size > 0 && (
        <ul className="plain-list attachments">
          {[...found.values()].map((attachment) => (
            <AttachmentItem key={attachment.digest} attachment={attachment} {...place} />
          ))}
        </ul>
      )}
      <LoadMore list={referrers} />
      {!isPending && <OfIndexes {...place} usedBy={usedBy} />}
    </div>
  );
}

/**
 * Names the indexes that contain the image: pipelines often sign the index, and attach documents about all images to
 * it.
 */
function OfIndexes({ usedBy, ...place }: Place & Pick<Manifest, "usedBy">) {
  if (usedBy.length === 0) return null;
  return (
    <p className="muted">
      What is attached to the whole index is shown there:{" "}
      {usedBy.slice(0, PARENTS).map(({ digest, tags }, index) => (
        <span key={digest}>
          {index > 0 && ", "}
          <ReferenceLink {...place} reference={tags[0] ?? digest} view="attached" />
        </span>
      ))}
    </p>
  );
}

function NothingAttached({ space, repository, digest }: Place & { readonly digest: string }) {
  const name = `${useRegistryHost()}/${space}/${repository}@${digest}`;
  const session = useSession();
  if (!may(session, "manageSpace") && !may(session, "push")) {
    return (
      <Empty title="Nothing is attached">
        <p>Signatures, SBOMs, attestations and scan reports appear here.</p>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing is attached">
      <p>Signatures, SBOMs, attestations and scan reports appear here. For instance:</p>
      <Command
        text={[
          `cosign sign ${name}`,
          `syft ${name} -o spdx-json > sbom.json`,
          `oras attach --artifact-type application/spdx+json ${name} sbom.json:application/spdx+json`,
        ].join("\n")}
        what="commands to attach something"
      />
    </Empty>
  );
}

function AttachmentItem({ attachment, ...place }: Place & { readonly attachment: Attachment }) {
  const [isOpen, setOpen] = useState(false);
  const { title, digest, how, created } = attachment;
  return (
    <li className="card attachment">
      <div className="attachment-head">
        <div>
          <h2>
            <ReferenceLink {...place} reference={digest}>
              {title}
            </ReferenceLink>
          </h2>
          <p className="muted">
            {how}
            {created !== null && <> · {isTime(created) ? <Time at={created} /> : created}</>} ·{" "}
            <Digest digest={digest} />
          </p>
        </div>
        <Button
          aria-expanded={isOpen}
          aria-label={`${isOpen ? "Hide" : "Read"} ${title}`}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? "Hide" : "Read"}
        </Button>
      </div>
      {isOpen && (
        <Suspense fallback={<Loading what="the document" />}>
          <AttachmentContent {...place} digest={digest} />
        </Suspense>
      )}
    </li>
  );
}
