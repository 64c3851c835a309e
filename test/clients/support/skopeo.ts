import type { Home } from "./home.ts";

export function login(home: Home, host: string, password: string): Promise<string> {
  return home.run("skopeo", ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", host], password);
}

/** Pushes the image that a layout calls `latest`. */
export async function copyIn(home: Home, layout: string, name: string, ...options: string[]): Promise<void> {
  const copy = ["copy", "--all", "--preserve-digests", "--dest-tls-verify=false", ...options];
  await home.run("skopeo", [...copy, `oci:${layout}:latest`, `docker://${name}`]);
}
