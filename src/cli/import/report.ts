import { plural } from "../output/words.ts";
import { formatRemoteReference } from "../client/reference.ts";
import { formatBytes } from "../../oci/size.ts";
import type { Style } from "../output/style.ts";
import type { TagReport } from "./import-tags.ts";
import type { Plan } from "./plan.ts";
import type { Tally } from "./tally.ts";

/** The final report, as --json prints it. */
export interface ImportReport {
  readonly source: string;
  readonly destination: string;
  readonly dryRun: boolean;
  readonly tags: readonly TagReport[];
  readonly referrers: number;
  readonly copied: Tally["copied"];
  readonly skipped: Tally["skipped"];
}

export function makeReport(plan: Plan, dryRun: boolean, tags: readonly TagReport[], tally: Tally): ImportReport {
  const [source, destination] = [plan.source, plan.destination].map(formatRemoteReference);
  const referrers = tally.referrers.size;
  return { source: source ?? "", destination: destination ?? "", dryRun, tags, ...tally, referrers };
}

/** Describes one tag's outcome for a person. */
export function tagLine(report: TagReport, dryRun: boolean, style: Style): string {
  const name = style.bold(report.tag ?? "(no tag)");
  if (report.outcome === "failed") return `${name}  ${style.red("failed")}: ${report.error}`;
  if (report.outcome === "not tried") return `${name}  ${style.yellow("not tried")}`;
  const isChange = report.outcome !== "unchanged";
  const outcome = dryRun && isChange ? `would be ${report.outcome}` : report.outcome;
  return `${name}  ${report.digest}  ${isChange ? style.green(outcome) : style.dim(outcome)}`;
}

/** Describes the whole run for a person. */
export function summary({ copied, skipped, referrers }: Tally, dryRun: boolean): string {
  const parts = [`${dryRun ? "to be copied" : "copied"}: ${counted(copied)}, ${formatBytes(copied.bytes)}`];
  if (skipped.blobs + skipped.manifests > 0) {
    parts.push(`already there: ${counted(skipped)}, ${formatBytes(skipped.bytes)}`);
  }
  if (skipped.mounted > 0) parts.push(`mounted: ${plural(skipped.mounted, "blob")}`);
  if (referrers.size > 0) parts.push(`referrers included: ${referrers.size}`);
  if (skipped.foreignLayers > 0) parts.push(`left out: ${plural(skipped.foreignLayers, "foreign layer")}`);
  return parts.join("; ");
}

function counted({ blobs, manifests }: { readonly blobs: number; readonly manifests: number }): string {
  return `${plural(blobs, "blob")} and ${plural(manifests, "manifest")}`;
}
