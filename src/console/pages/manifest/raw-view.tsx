import type { Manifest } from "../../../contract/operations.ts";
import { Command } from "../../components/command.tsx";
import { parseJson } from "../../content/json.ts";

/** Characters that a browser shows at once without becoming slow. */
const SHOWN = 300_000;

/** Shows a manifest's text, indented for reading. Copying gives the exact text that was pushed. */
export function RawView({ manifest }: { readonly manifest: Manifest }) {
  const raw = manifest.raw ?? "";
  const pretty = JSON.stringify(parseJson(raw), null, 2) ?? raw;
  const rest = pretty.length > SHOWN ? "\n… The rest is too long to be shown: copy it." : "";
  return <Command text={pretty.slice(0, SHOWN) + rest} what="manifest" copied={raw} />;
}
