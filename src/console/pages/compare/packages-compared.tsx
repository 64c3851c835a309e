import { useQuery } from "@tanstack/react-query";
import type { Manifest } from "../../../contract/operations.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { type Difference, differencesOf } from "../../content/differences.ts";
import type { Entry } from "../../content/json.ts";
import type { Sbom } from "../../content/packages.ts";
import type { Place } from "../manifest/place.ts";
import { findSboms } from "./find-sboms.ts";

interface PackagesComparedProps extends Place {
  readonly from: Manifest;
  readonly to: Manifest;
}

/** Lists packages that were added, removed or changed, if both images have an SBOM. */
export function PackagesCompared({ from, to, ...place }: PackagesComparedProps) {
  const [left, right] = [useSboms(place, from), useSboms(place, to)];
  const error = left.error ?? right.error;
  return (
    <section className="entries">
      <h2>Packages</h2>
      {error && <Failure error={error} />}
      {!error && (left.isPending || right.isPending) && <Loading what="the SBOMs" />}
      {left.data && right.data && <Result {...pairOf(left.data, right.data)} />}
    </section>
  );
}

function useSboms(place: Place, manifest: Manifest) {
  return useQuery({
    queryKey: ["sboms", place, manifest.digest],
    queryFn: ({ signal }) => findSboms(place, manifest, signal),
  });
}

interface Pair {
  readonly from: Sbom | null;
  readonly to: Sbom | null;
}

/** Returns two SBOMs of one format, if there are, since formats differ in what they leave out. */
function pairOf(from: readonly Sbom[], to: readonly Sbom[]): Pair {
  const alike = from.flatMap((one) => {
    const other = to.find(({ format }) => format === one.format);
    return other === undefined ? [] : [{ from: one, to: other }];
  });
  return alike[0] ?? { from: from[0] ?? null, to: to[0] ?? null };
}

function Result({ from, to }: Pair) {
  if (from === null || to === null) {
    const lacking = from === null && to === null ? "Neither" : from === null ? "Only the second" : "Only the first";
    return <p className="muted">{lacking} has an SBOM that can be read here, so packages cannot be compared.</p>;
  }
  const differences = differencesOf(versionsOf(from), versionsOf(to));
  const basis =
    from.format === to.format
      ? `By the SBOMs (${from.format}) of both.`
      : `By an SBOM in ${from.format} of the first and one in ${to.format} of the second, which may name packages differently.`;
  if (differences.length === 0) return <p className="muted">Both have the same packages. {basis}</p>;
  return (
    <>
      <p>
        {countsOf(differences)}. <span className="muted">{basis}</span>
      </p>
      <div className="card card-table">
        <DataTable
          label="Packages compared"
          rows={differences}
          rowId={({ name }) => name}
          columns={COLUMNS}
          initialSorting={{ column: "name", direction: "ascending" }}
        />
      </div>
    </>
  );
}

/**
 * Returns packages with their versions. Packages of one name may be of several kinds, so the name includes the kind.
 */
function versionsOf({ packages }: Sbom): readonly Entry[] {
  return packages.map(({ name, version, type }) => [
    type === null ? name : `${name} (${type})`,
    version ?? "no version",
  ]);
}

function changeOf({ from, to }: Difference): "added" | "removed" | "changed" {
  if (from === null) return "added";
  return to === null ? "removed" : "changed";
}

function countsOf(differences: readonly Difference[]): string {
  const groups = Map.groupBy(differences, changeOf);
  return (["added", "removed", "changed"] as const)
    .map((change) => `${(groups.get(change)?.length ?? 0).toLocaleString()} ${change}`)
    .join(", ");
}

const COLUMNS: readonly Column<Difference>[] = [
  { id: "name", title: "Package", sortBy: ({ name }) => name, cell: ({ name }) => name },
  { id: "change", title: "Change", sortBy: changeOf, cell: changeOf },
  { id: "from", title: "From", cell: ({ from }) => from },
  { id: "to", title: "To", cell: ({ to }) => to },
];
