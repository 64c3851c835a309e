/** The protocol between the client and the wrapped Worker. */

/** The header that names a request, for the trace. */
export const REQUEST_HEADER = "x-edge-request";
/** The path that answers with the trace since the last call. */
export const TRACE_PATH = "/.edge/trace";
