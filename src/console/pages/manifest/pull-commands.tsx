import { useRegistryHost } from "../../api/session.ts";
import { Command } from "../../components/command.tsx";
import { unless } from "../../parts/push-commands.tsx";
import { parseChart, kindOf } from "../../content/kind.ts";
import type { ManifestProps } from "./place.ts";

/**
 * Shows the commands that pull a manifest: by the tag that the page is about, and by digest, which always gives the
 * same content.
 */
export function PullCommands({ manifest, space, repository, tag }: ManifestProps & { readonly tag: string | null }) {
  const host = useRegistryHost();
  const name = `${host}/${space}/${repository}`;
  const byDigest = `${name}@${manifest.digest}`;
  const references = tag === null ? [byDigest] : [`${name}:${tag}`, byDigest];
  const kind = kindOf(manifest);
  if (kind === "chart") {
    const version = parseChart(manifest)?.version ?? tag ?? manifest.tags[0];
    const lines = [
      `helm pull${unless(host, "--plain-http")} oci://${name} --version ${shellWord(version ?? "")}`,
      `helm install${unless(host, "--plain-http")} my-release oci://${name} --version ${shellWord(version ?? "")}`,
    ];
    // Helm takes a version, not a digest.
    return <Command text={lines.join("\n")} what="commands to use the chart" />;
  }
  const client = kind === "artifact" ? `oras pull${unless(host, "--plain-http")}` : "docker pull";
  return <Command text={references.map((one) => `${client} ${one}`).join("\n")} what="commands to pull it" />;
}

/** Quotes a chart's version for a shell, since it may be any text. */
function shellWord(text: string): string {
  return /^[\w.+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
