import type { Manifest } from "../../../contract/operations.ts";
import { Failure } from "../../components/notice.tsx";
import { troubleOf } from "../../content/layers.ts";

/** Tells which content of a manifest cannot be pulled, and how to repair it. */
export function DamageNotice({ manifest }: { readonly manifest: Manifest }) {
  if (manifest.damage !== null) {
    const what = `The registry's copy of this manifest is ${manifest.damage}, so it cannot be pulled. Push it again to repair it.`;
    return <Failure error={new Error(what)} />;
  }
  const broken = manifest.needs.filter((need) => troubleOf(need) !== null).length;
  if (broken === 0) return null;
  const parts = broken === 1 ? "A part" : `${broken.toLocaleString()} parts`;
  const what = `${parts} of this image cannot be pulled: the stored bytes are missing or damaged. Push it again to repair it.`;
  return <Failure error={new Error(what)} />;
}
