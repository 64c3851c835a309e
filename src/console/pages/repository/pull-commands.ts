import { unless } from "../../parts/push-commands.tsx";
import type { Tag } from "../../../contract/operations.ts";
import { subjectOfTag } from "../../../oci/referrers-tag.ts";
import { type Kind, kindOf } from "./kinds.ts";

interface Client {
  readonly title: string;
  /** Returns the client's command. @param reference `:tag` or `@digest`, to follow the name */
  readonly command: (host: string, name: string, reference: string) => string;
}

const docker: Client = {
  title: "docker",
  command: (host, name, reference) => `docker pull ${host}/${name}${reference}`,
};
const podman: Client = {
  title: "podman",
  command: (host, name, reference) => `podman pull${unless(host, "--tls-verify=false")} ${host}/${name}${reference}`,
};
const oras: Client = {
  title: "oras",
  command: (host, name, reference) => `oras pull${unless(host, "--plain-http")} ${host}/${name}${reference}`,
};
const helm: Client = {
  title: "helm",
  // A version's + is an underscore in its tag.
  command: (host, name, reference) =>
    reference.startsWith(":")
      ? `helm pull${unless(host, "--plain-http")} oci://${host}/${name} --version ${reference.slice(1).replaceAll("_", "+")}`
      : `helm pull${unless(host, "--plain-http")} oci://${host}/${name}${reference}`,
};

/** Clients by kind of manifest, the most common first. */
const CLIENTS: Readonly<Record<Kind, readonly [Client, ...Client[]]>> = {
  image: [docker, podman],
  chart: [helm, oras],
  artifact: [oras],
};

/** Returns the most common client's command that pulls this tag. */
export function pullCommand(host: string, name: string, tag: Tag, by: "tag" | "digest"): string {
  const [client] = clientsFor(tag);
  return client.command(host, name, by === "tag" ? `:${tag.name}` : `@${tag.digest}`);
}

/** Returns the clients that can pull this tag. */
export function clientsFor(tag: Tag): readonly [Client, ...Client[]] {
  // A signature that is pushed as an image cannot be run.
  return CLIENTS[subjectOfTag(tag.name) === null ? kindOf(tag) : "artifact"];
}
