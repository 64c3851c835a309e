/** Registries that requests name by `?ns=` (distribution spec, "Registry Proxying"): a mirror is asked for what another registry has. */

const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/;

/** True for a host as clients send it: lower-case, with a port where it has one. */
export function isNamespace(text: string): boolean {
  return HOST.test(text);
}

/** The registry that the request is for, as it was written; null: this one. Several that differ are none that there can be. */
export function requestedNamespace({ searchParams }: URL): string | null {
  const named = new Set(searchParams.getAll("ns").filter((one) => one !== ""));
  return named.size === 0 ? null : [...named].join(",");
}
