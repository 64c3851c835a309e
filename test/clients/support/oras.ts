import type { Home } from "./home.ts";

export function login(home: Home, host: string, password: string): Promise<string> {
  return home.run("oras", ["login", "--plain-http", "--username", "ci", "--password-stdin", host], password);
}

/** Pushes the image that a layout calls `latest`. */
export async function copyIn(home: Home, layout: string, name: string): Promise<void> {
  await home.run("oras", ["copy", "--from-oci-layout", "--to-plain-http", `${layout}:latest`, name]);
}
