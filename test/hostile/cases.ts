/**
 * The requests by which a client may keep an isolate busy: each list, pattern, expression and depth of the
 * API at its limit, and beyond.
 */
import type { World } from "./world.ts";

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
}

export interface Case {
  readonly name: string;
  /** The principal whose token it is sent with. */
  readonly as: "administrator" | "pusher" | "patterns" | "nobody";
  readonly request: Request;
  /** The right status. */
  readonly status: number;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

/** Makes descriptors that differ each time, so that no answer comes from memory. */
function descriptors(count: number, more: object = {}): object[] {
  return times(count, (index) => ({
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    digest: `sha256:${index.toString(16).padStart(64, "0")}`,
    size: 1000 + index,
    ...more,
  }));
}

const list = (entry: string, count: number): string => `[${Array.from({ length: count }, () => entry).join(",")}]`;

const token = (repositories: unknown): object => ({ name: "a", actions: ["pull"], repositories });

const rule = (repositories: unknown, tags: unknown = ["*"]): object => ({ repositories, keep: { tags } });

const tag = (more: object): object => ({ tag: { type: "glob", value: "*", ...more } });

function manifestCases({ space }: World): readonly Case[] {
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: `sha256:${"f".repeat(64)}`, size: 2 };
  const put = (name: string, body: string, contentType = MANIFEST): Case => ({
    name: `manifest: ${name}`,
    as: "pusher",
    request: { method: "PUT", path: `/v2/${space}/web/manifests/hostile`, body, contentType },
    status: 400,
  });
  const image = (fields: string): string => `{"schemaVersion":2,"config":${JSON.stringify(config)},${fields}}`;
  return [
    put("400,000 layers that are {}", image(`"layers":${list("{}", 400_000)}`)),
    put("1,300,000 layers that are {}", image(`"layers":${list("{}", 1_300_000)}`)),
    put("10,000 layers that are {}", image(`"layers":${list("{}", 10_000)}`)),
    put("2,000,000 layers that are 1", image(`"layers":${list("1", 2_000_000)}`)),
    put("10,000 layers that are not there", image(`"layers":${JSON.stringify(descriptors(10_000))}`)),
    put(
      "10,000 children that are not there",
      JSON.stringify({
        schemaVersion: 2,
        manifests: descriptors(10_000, { platform: { os: "linux", architecture: "a" } }),
      }),
      INDEX,
    ),
    put(
      "10,000 layers with annotations that are numbers",
      image(`"layers":${JSON.stringify(descriptors(10_000, { urls: [1, 2] }))}`),
    ),
    put(
      "124,000 annotations that are numbers",
      image(`"layers":[],"annotations":{${times(124_000, (index) => `"${index}":1`).join(",")}}`),
    ),
    put("124,000 fields of its own", image(`"layers":[],${times(124_000, (index) => `"${index}":1`).join(",")}`)),
    put("19,000 fields of its own", image(`"layers":[],${times(19_000, (index) => `"${index}":1`).join(",")}`)),
    put("nested 2,000,000 deep", image(`"layers":${nested(2_000_000)}`)),
    put("nested 2,000,000 deep in a layer", image(`"layers":[{"x":${nested(2_000_000)}}]`)),
    put("4 MB of backslashes", image(`"x":"${"\\\\".repeat(2_000_000)}"`)),
    put("4 MB of quotes", '""'.repeat(2_000_000)),
    put("4 MB of blanks", " ".repeat(4_000_000)),
  ];
}

const A_PATTERNS = times(31, () => "*a".repeat(64));
const A_NAME = "a".repeat(200);

function tokenCases({ space }: World): readonly Case[] {
  const scopes = times(50, (index) => `scope=repository:${space}/${A_NAME}${index}:pull,push,delete`).join("&");
  const get = (name: string, path: string, as: Case["as"], status = 200): Case => ({
    name,
    as,
    request: { method: "GET", path },
    status,
  });
  return [
    get("/token: 50 scopes, patterns at the limit", `/token?${scopes}`, "patterns"),
    get("/token: 50 scopes of nobody", `/token?${scopes}`, "nobody"),
    get("/token: 5,000 scopes", `/token?scope=${"a:b:c%20".repeat(2000)}`, "nobody"),
    get("/token: 64 kB of a scope", `/token?scope=repository:${"a/".repeat(7500)}:pull`, "nobody"),
    get("_catalog, patterns at the limit", "/v2/_catalog?n=1000", "patterns"),
    get("repositories, patterns at the limit", `/api/v1/spaces/${space}/repositories?limit=1000`, "patterns"),
    get("tags, patterns at the limit", `/v2/${space}/${A_NAME}0/tags/list`, "patterns", 403),
    {
      name: "/token: a form of 10,000 scopes",
      as: "nobody",
      status: 401,
      request: {
        method: "POST",
        path: "/token",
        contentType: "application/x-www-form-urlencoded",
        body: `grant_type=password&password=x&${"scope=a:b:c&".repeat(5000)}`,
      },
    },
  ];
}

function listCases({ space }: World): readonly Case[] {
  const post = (name: string, path: string, body: unknown, status = 400): Case => ({
    name: `${path}: ${name}`,
    as: "administrator",
    request: {
      method: "POST",
      path: `/api/v1/spaces/${space}/${path}`,
      body: typeof body === "string" ? body : JSON.stringify(body),
      contentType: "application/json",
    },
    status,
  });
  const long = "*a".repeat(10_000);
  return [
    post("99 patterns of 254", "tokens", token(times(99, () => "*a".repeat(127)))),
    post("60,000 patterns", "tokens", token(times(60_000, () => "!"))),
    post("a pattern of 20,000", "tokens", token([long])),
    post("60,000 actions", "tokens", { name: "a", actions: times(20_000, () => "x") }),
    post("a name of 250,000", "tokens", { name: "\u202E".repeat(80_000), actions: ["pull"] }),
    post("40,000 fields of its own", "tokens", Object.fromEntries(times(20_000, (index) => [`x${index}`, 1]))),
    post("100,000 deep", "tokens", nested(100_000)),
    post("a pattern of 20,000", "retention-rules", rule([long])),
    post("100 patterns of 254", "retention-rules", rule(times(100, () => `${"*a".repeat(126)}*b`))),
    post("20 patterns at the limit", "retention-rules", rule(times(20, () => "a*-/".repeat(49)))),
    post(
      "50,000 tag patterns",
      "retention-rules",
      rule(
        ["**"],
        times(50_000, () => "!x"),
      ),
    ),
    post(
      "20 patterns at the limit",
      "retention-rules:preview",
      rule(
        times(20, () => "*a".repeat(99)),
        times(20, () => "*a".repeat(24)),
      ),
      200,
    ),
    post("20 rules at the limit", "retention-rules:preview", {}, 200),
    // Without this, everything is too young to be compared with anything.
    post("20 rules at the limit, after the grace", "retention-rules:preview", { afterGrace: true }, 200),
    post(
      "the newest 1,000, after the grace",
      "retention-rules:preview",
      { repositories: ["**"], keep: { newest: 1000 }, afterGrace: true },
      200,
    ),
    post("100,000 tags", "tags:delete", { repository: "web", tags: times(80_000, () => "") }),
    post(
      "1,000 tags",
      "tags:delete",
      { repository: "web", tags: times(1000, (index) => `${index}`.padStart(128, "x")), dryRun: true },
      200,
    ),
    post("a configuration of 20,000", "targets", {
      name: "a",
      type: "standard-webhook",
      url: "https://example.com",
      config: Object.fromEntries(times(20_000, (index) => [`${index}`, 1])),
    }),
    post("an address of 250,000", "targets", {
      name: "a",
      type: "standard-webhook",
      url: `https://${"a.".repeat(120_000)}com`,
    }),
    post("Octopus, each list too long", "targets", {
      name: "a",
      type: "octopus",
      secret: "12345678",
      url: "https://example.com",
      config: { project: "a", deploy: { environments: times(50_000, () => "") } },
    }),
  ];
}

/** A regex of nearly 2,000 states, all of them active for each character. */
const BUSY_REGEX = "(a?){450}".repeat(2);

function triggerCases({ space }: World): readonly Case[] {
  const preview = (name: string, match: object, status = 200): Case => ({
    name: `pushes:preview: ${name}`,
    as: "administrator",
    request: {
      method: "POST",
      path: `/api/v1/spaces/${space}/pushes:preview`,
      body: JSON.stringify({ match }),
      contentType: "application/json",
    },
    status,
  });
  const glob = `${"*a".repeat(63)}*b`;
  return [
    preview("a busy regex", tag({ type: "regex", value: BUSY_REGEX })),
    preview(
      "a busy regex for prereleases",
      tag({ type: "semver", value: "*", prerelease: "regex", prereleaseRegex: BUSY_REGEX }),
    ),
    preview(
      "that, only if newer",
      tag({ type: "semver", value: "*", prerelease: "regex", prereleaseRegex: `${BUSY_REGEX}b`, onlyIfNewer: true }),
    ),
    preview(
      "the groups of a busy regex, only if newer",
      tag({ type: "regex", value: `(?<all>${BUSY_REGEX})`, onlyIfNewer: true }),
    ),
    preview("100 globs that exclude", tag({ exclude: times(100, () => glob) })),
    preview("100 artifact types", { artifactTypes: times(100, () => `${"*a".repeat(120)}*b`) }),
    preview("100 actors", { actors: times(100, () => `token:${"*a".repeat(90)}*b`) }),
    preview("100 platforms", { platforms: { all: times(100, (index) => `linux/${"a".repeat(200)}${index}`) } }),
    preview("31 patterns at the limit", { repositories: A_PATTERNS }),
    preview("100 patterns over the limit", { repositories: times(100, () => "*a".repeat(127)) }, 400),
    preview("60,000 events", { events: times(20_000, () => "x") }, 400),
    preview("a regex of 60,000", tag({ type: "regex", value: "(".repeat(60_000) }), 400),
    preview("a regex of 10^12 states", tag({ type: "regex", value: "(((a{999}){999}){999}){999}" }), 400),
    preview("a range of 200", tag({ type: "semver", value: ">1 ".repeat(66) })),
    preview("a range of 100 parts", tag({ type: "semver", value: "1||".repeat(66) }), 400),
  ];
}

export function casesOf(world: World): readonly Case[] {
  return [...manifestCases(world), ...tokenCases(world), ...listCases(world), ...triggerCases(world)];
}

/** Patterns of a token that are as long as allowed together, and match as slowly as any. */
export const HEAVY_PATTERNS = A_PATTERNS;
