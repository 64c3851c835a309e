import * as z from "zod";
import { imageOf, repositoryOf } from "../event.ts";
import { defineTarget, UnsendableError } from "../target.ts";
import { requireTag, TAG_PUSHES, type TaggedEvent } from "./push-format.ts";
import { parseUrl } from "./request.ts";
import { URL_TEMPLATE_NAMES, URL_TEMPLATES, type UrlTemplate } from "./url-templates.ts";

const config = z.strictObject({
  template: z.enum(URL_TEMPLATE_NAMES).meta({ title: "Provider", description: "The service whose deploy hook it is." }),
  method: z.enum(["POST", "PUT", "GET"]).default("POST").meta({ title: "Method", description: "GET sends no body." }),
});

const PLACEHOLDER = /\{(image|registry|repository|tag|digest)\}/g;

/** Path segments that URL parsers read as `.` and `..`. */
const DOTS = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/** Fills in the placeholders in one pass, so that a value that looks like a placeholder stays as it is. */
function fill(text: string, event: TaggedEvent, escape: (value: string) => string): string {
  const { registry, tag, digest } = event;
  const values = new Map(
    Object.entries({ image: imageOf(event), registry, repository: repositoryOf(event), tag, digest }),
  );
  return text.replaceAll(PLACEHOLDER, (_, name: string) => escape(values.get(name) ?? ""));
}

function escapeComponent(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Restores the braces of a path, which URL parsing escapes. */
function withBraces(text: string): string {
  return text.replaceAll(/%7b/gi, "{").replaceAll(/%7d/gi, "}");
}

/** Fills in an address. Placeholders count only in path and query, so that no tag decides which host is called. */
function fillAddress(address: string, query: UrlTemplate["query"], event: TaggedEvent): string {
  const url = parseUrl(address);
  const path = fill(withBraces(url.pathname), event, escapeComponent);
  if (DOTS.test(path)) throw new UnsendableError("the event would lead to another path of the target's address");
  const added = Object.entries(query ?? {})
    .filter(([name]) => !url.searchParams.has(name))
    .map(([name, value]) => `${name}=${escapeComponent(fill(value, event, String))}`);
  const given = fill(withBraces(url.search), event, escapeComponent).slice(1);
  url.pathname = path;
  url.search = [given, ...added].filter(Boolean).join("&");
  url.hash = "";
  return url.href;
}

export const urlHook = defineTarget({
  type: "url-hook",
  title: "Deploy hook (Render, Portainer, Coolify, Dokploy, Azure, Cloudflare)",
  description: "A request to an address that is as good as a password: only its host is shown afterwards.",
  secret: "optional",
  secretField: {
    title: "Secret",
    description:
      'Coolify: an API token. Azure: "$app:password". Custom: the whole Authorization header. The others have none.',
  },
  secretAddress: true,
  events: TAG_PUSHES,
  address: {
    description:
      "The hook's address. {image}, {registry}, {repository}, {tag} and {digest} in path and query are filled in.",
    example: "https://api.render.com/deploy/srv-…?key=…",
  },
  config,
  request({ event, url, config: { template: name, method }, secrets: [secret] }) {
    const template = URL_TEMPLATES[name];
    const tagged = requireTag(event);
    const body = method === "GET" ? undefined : template.body?.(tagged);
    const authorization = secret === undefined ? undefined : template.authorization?.(secret);
    return {
      url: fillAddress(url, template.query, tagged),
      method,
      headers: {
        ...(body && { "content-type": "application/json" }),
        ...(authorization !== undefined && { authorization }),
        ...(template.userAgent !== undefined && { "user-agent": template.userAgent }),
      },
      body: body ? JSON.stringify(body) : null,
    };
  },
  statuses: ({ template }) => URL_TEMPLATES[template].statuses ?? {},
});
