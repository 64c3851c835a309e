/**
 * Hosts of registries that requests name by `?ns=` (distribution spec, "Registry Proxying"): a mirror is asked for
 * content of another registry.
 */

const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/;

/** True for a host as clients send it: in lower case, with a port if it has one. */
export function isNamespace(text: string): boolean {
  return HOST.test(text);
}

/**
 * Reads the registry that the request is for, as it was written; null: this one. Several different ones are returned as
 * a text that names no registry.
 */
export function requestedNamespace({ searchParams }: URL): string | null {
  const named = new Set(searchParams.getAll("ns").filter((one) => one !== ""));
  return named.size === 0 ? null : [...named].join(",");
}
