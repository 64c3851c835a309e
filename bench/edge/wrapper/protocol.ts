/** What the client and the wrapped Worker agree on. */

/** Names the request, for the trace. */
export const REQUEST_HEADER = "x-edge-request";
/** Answers with what was traced since it was last asked. */
export const TRACE_PATH = "/.edge/trace";
