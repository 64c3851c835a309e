import type { Manifest } from "../../../contract/operations.ts";
import { Command } from "../../components/command.tsx";
import { parseJson } from "../../content/json.ts";

/** Characters that a browser shows at once without being slow. */
const SHOWN = 300_000;

/** The manifest's text, indented for reading; what is copied is exactly what was pushed. */
export function RawView({ manifest }: { readonly manifest: Manifest }) {
  const raw = manifest.raw ?? "";
  const pretty = JSON.stringify(parseJson(raw), null, 2) ?? raw;
  const rest = pretty.length > SHOWN ? "\n… The rest is too long to be shown: copy it." : "";
  return <Command text={pretty.slice(0, SHOWN) + rest} what="manifest" copied={raw} />;
}
