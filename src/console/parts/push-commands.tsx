import { useRegistryHost } from "../api/session.ts";
import { Command } from "../components/command.tsx";
import { Tabs } from "../components/tabs.tsx";

/** Shows the commands that push images and other content to a space, by client. */
export function PushCommands({ space }: { readonly space: string }) {
  const host = useRegistryHost();
  const tabs = Object.entries(CLIENTS).map(([id, { title, lines }]) => ({
    id,
    title,
    content: <Command text={lines(host, space).join("\n")} what={`commands for ${title}`} />,
  }));
  return <Tabs label="How to push" tabs={tabs} />;
}

interface Client {
  readonly title: string;
  readonly lines: (host: string, space: string) => readonly string[];
}

const isLocal = (host: string): boolean => /^(?:localhost|127\.0\.0\.1)(?::|$)/.test(host);

/** Returns a flag that tells a client to use plain http; empty unless the registry is local. */
export const unless = (host: string, flag: string): string => (isLocal(host) ? ` ${flag}` : "");

const CLIENTS: Readonly<Record<string, Client>> = {
  docker: {
    title: "docker",
    lines: (host, space) => [
      `docker login ${host} -u ${space}`,
      `docker tag my-image ${host}/${space}/my-image:1.0`,
      `docker push ${host}/${space}/my-image:1.0`,
    ],
  },
  podman: {
    title: "podman",
    lines: (host, space) => [
      `podman login${unless(host, "--tls-verify=false")} ${host} -u ${space}`,
      `podman push${unless(host, "--tls-verify=false")} my-image ${host}/${space}/my-image:1.0`,
    ],
  },
  actions: {
    title: "GitHub Actions",
    lines: (host, space) => [
      "- uses: docker/setup-buildx-action@v3",
      "- uses: docker/login-action@v3",
      "  with:",
      `    registry: ${host}`,
      `    username: ${space}`,
      "    password: ${{ secrets.SPACEDOCK_TOKEN }}",
      "- uses: docker/build-push-action@v6",
      "  with:",
      "    push: true",
      "    platforms: linux/amd64,linux/arm64",
      `    tags: ${host}/${space}/my-image:\${{ github.sha }}`,
    ],
  },
  helm: {
    title: "helm",
    lines: (host, space) => [
      `helm registry login${unless(host, "--plain-http")} ${host} -u ${space}`,
      "helm package my-chart",
      `helm push${unless(host, "--plain-http")} my-chart-1.0.0.tgz oci://${host}/${space}`,
    ],
  },
  oras: {
    title: "oras",
    lines: (host, space) => [
      `oras login${unless(host, "--plain-http")} ${host} -u ${space}`,
      `oras push${unless(host, "--plain-http")} ${host}/${space}/my-files:1.0 ./file.txt`,
    ],
  },
  spacedock: {
    title: "spacedock",
    lines: (host, space) => [
      `spacedock login ${host} -u ${space}`,
      `spacedock push my-image ${host}/${space}/my-image:1.0`,
    ],
  },
};
