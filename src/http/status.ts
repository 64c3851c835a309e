/** end-1: that this is a registry, and that the login is good. */
export function getVersion(): Response {
  return Response.json({});
}

/** That the Worker runs; it asks no store, so that a monitor costs nothing. */
export function getHealth(): Response {
  return Response.json({ status: "ok" }, { headers: { "Cache-Control": "no-store" } });
}
