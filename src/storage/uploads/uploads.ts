import type { SessionTerms } from "../../auth/session-token.ts";
import type { UploadStore } from "../../registry/upload-store.ts";
import type { UploadSession } from "./upload-session.ts";

/** Stores uploads in sessions, each in the Durable Object that its id names. */
export function durableUploads(namespace: DurableObjectNamespace<UploadSession>): UploadStore {
  const session = ({ id }: SessionTerms): DurableObjectStub<UploadSession> => namespace.getByName(id);
  return {
    append: async (terms, body, range) => session(terms).append(terms, body, range),
    finish: async (terms, body, range, digest) => session(terms).finish(terms, body, range, digest),
    claim: async (terms) => session(terms).claim(),
    release: async (terms) => session(terms).release(),
    status: async (terms) => session(terms).status(),
    cancel: async (terms) => session(terms).cancel(terms),
  };
}
