import { repositoryOf } from "../event.ts";
import { definePushFormat } from "./push-format.ts";

export const keel = definePushFormat({
  type: "keel",
  summary:
    "Keel's native format; the secret, if Keel's webhooks are authenticated, is the Authorization header: " +
    "`Basic` and the Base64 of `user:password`.",
  body: (event) => ({ name: `${event.registry}/${repositoryOf(event)}`, tag: event.tag, digest: event.digest }),
});
