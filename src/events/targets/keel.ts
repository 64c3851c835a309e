import { repositoryOf } from "../event.ts";
import { definePushFormat } from "./push-format.ts";

export const keel = definePushFormat({
  type: "keel",
  title: "Keel",
  description: 'Keel\'s own format. If its webhooks are authenticated, "Basic" and the Base64 of user:password.',
  body: (event) => ({ name: `${event.registry}/${repositoryOf(event)}`, tag: event.tag, digest: event.digest }),
});
