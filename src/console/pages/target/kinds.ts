/** The kinds of targets, as the form asks for them. What they are is told in docs/triggers.md. */

export interface ConfigField {
  /** Within the config, as in `release.version`. */
  readonly path: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  /** How the value is typed: `lines` has one a line, `pairs` one `name=value` a line. */
  readonly kind: "text" | "lines" | "pairs" | "check" | "choice";
  /** Of a choice; the first is what it is if nothing is said. */
  readonly choices?: readonly string[];
  /** What a check is if nothing is said. */
  readonly isOn?: boolean;
  readonly isRequired?: boolean;
}

interface ConfigPart {
  /** Null: shown without being asked for. */
  readonly title: string | null;
  readonly fields: readonly ConfigField[];
}

export interface Kind {
  readonly title: string;
  readonly summary: string;
  /** Null: it is optional, since the type knows its own. */
  readonly address: { readonly hint: string; readonly placeholder: string; readonly isOptional?: true };
  /** Null: one is made by the registry. */
  readonly secret: { readonly label: string; readonly hint: string; readonly isRequired: boolean } | null;
  readonly config: readonly ConfigPart[];
  /** It is followed to its end, so it deploys: nobody is asked. */
  readonly isFollowed?: true;
}

/** The whole Authorization header, as formats of other registries have it. */
const HEADER = {
  label: "Authorization header",
  hint: "Sent unchanged, for receivers that check one, for example “Bearer …”.",
  isRequired: false,
} as const;

const RECEIVER = {
  hint: "Where the receiver listens: https, on a public host.",
  placeholder: "https://receiver.example.com/hook",
};

function format(title: string, summary: string): Kind {
  return { title, summary, address: RECEIVER, secret: HEADER, config: [] };
}

function tenantFields(part: string, whose: string): readonly ConfigField[] {
  return [
    { path: `${part}.tenants`, label: `Tenants${whose}`, hint: "One a line.", kind: "lines" },
    { path: `${part}.tenantTags`, label: `Tenant tags${whose}`, placeholder: "Region/Europe", kind: "lines" },
    {
      path: `${part}.variables`,
      label: `Prompted variables${whose}`,
      hint: "name=value, one a line. {image}, {repository}, {tag}, {version} and {digest} are filled in.",
      placeholder: "Image={image}",
      kind: "pairs",
    },
  ];
}

const OCTOPUS: readonly ConfigPart[] = [
  {
    title: null,
    fields: [
      { path: "project", label: "Project", hint: "Its name in Octopus.", kind: "text", isRequired: true },
      {
        path: "space",
        label: "Space",
        hint: "Its id, which is in the address of each of its pages.",
        placeholder: "Spaces-1",
        kind: "text",
      },
      {
        path: "serviceAccount",
        label: "Service account",
        hint: "The id of one that trusts this registry (OIDC), in place of an API key: then nothing secret is stored. The target’s page shows whom it has to trust.",
        placeholder: "863b4b7d-6308-456e-8375-8d9270e9be44",
        kind: "text",
      },
      {
        path: "deploy.environments",
        label: "Deploy to",
        hint: "Environments, one a line. Empty: the release is created but not deployed.",
        placeholder: "Development",
        kind: "lines",
      },
    ],
  },
  {
    title: "The release",
    fields: [
      {
        path: "release",
        label: "Create a release",
        hint: "Without one, only a runbook is run.",
        kind: "check",
        isOn: true,
      },
      {
        path: "release.version",
        label: "Version",
        hint: "Default: the tag without its leading v.",
        placeholder: "{version}",
        kind: "text",
      },
      { path: "release.channel", label: "Channel", kind: "text" },
      {
        path: "release.packages",
        label: "Packages",
        hint: "step:version or step:package:version, one a line. Empty: the tag is the version of each.",
        placeholder: "Deploy web:{tag}",
        kind: "lines",
      },
      {
        path: "release.gitRef",
        label: "Git reference",
        hint: "For a project whose configuration is in Git.",
        kind: "text",
      },
      { path: "release.notes", label: "Notes", placeholder: "{image}", kind: "text" },
      { path: "release.ignoreChannelRules", label: "Ignore the channel’s rules", kind: "check", isOn: false },
    ],
  },
  { title: "Tenants and variables", fields: tenantFields("deploy", "") },
  {
    title: "A runbook",
    fields: [
      { path: "runbook.name", label: "Runbook", hint: "Runs once the deployments have started.", kind: "text" },
      { path: "runbook.environments", label: "Run it in", hint: "Environments, one a line.", kind: "lines" },
      ...tenantFields("runbook", " of the runbook"),
    ],
  },
];

/** By the type's name in the API, in the order in which they are offered. */
export const KINDS: Readonly<Record<string, Kind>> = {
  "standard-webhook": {
    title: "Webhook (Standard Webhooks)",
    summary:
      "Our own event, signed, for receivers that you write. The secret to verify it with is made here and shown once.",
    address: RECEIVER,
    secret: null,
    config: [],
  },
  octopus: {
    title: "Octopus Deploy",
    summary: "Creates a release, deploys it or runs a runbook, and follows the tasks to their end.",
    address: { hint: "Your Octopus server.", placeholder: "https://acme.octopus.app" },
    secret: { label: "API key", hint: "Not needed with a service account.", isRequired: false },
    config: OCTOPUS,
    isFollowed: true,
  },
  "url-hook": {
    title: "Deploy hook (Render, Portainer, Coolify, Dokploy, Azure, Cloudflare)",
    summary: "A request to an address that is as good as a password: only its host is shown afterwards.",
    address: {
      hint: "The hook’s address. {image}, {registry}, {repository}, {tag} and {digest} in path and query are filled in.",
      placeholder: "https://api.render.com/deploy/srv-…?key=…",
    },
    secret: {
      label: "Secret",
      hint: "Coolify: an API token. Azure: “$app:password”. Custom: the whole Authorization header. The others have none.",
      isRequired: false,
    },
    config: [
      {
        title: null,
        fields: [
          {
            path: "template",
            label: "Provider",
            kind: "choice",
            choices: ["render", "portainer", "coolify", "dokploy", "azure", "cloudflare", "custom"],
          },
          {
            path: "method",
            label: "Method",
            hint: "GET sends no body.",
            kind: "choice",
            choices: ["POST", "PUT", "GET"],
          },
        ],
      },
    ],
  },
  "github-dispatch": {
    title: "GitHub Actions",
    summary: "Starts a repository’s workflows by repository_dispatch.",
    address: { hint: "Empty: GitHub itself.", placeholder: "https://api.github.com", isOptional: true },
    secret: {
      label: "Token",
      hint: "One that may write the repository’s contents (contents: write).",
      isRequired: true,
    },
    config: [
      {
        title: null,
        fields: [
          {
            path: "owner",
            label: "Owner",
            hint: "The user or organization.",
            placeholder: "acme",
            kind: "text",
            isRequired: true,
          },
          { path: "repo", label: "Repository", placeholder: "deploy", kind: "text", isRequired: true },
          {
            path: "eventType",
            label: "Event type",
            hint: "The type that the workflow lists under repository_dispatch.",
            placeholder: "registry-push",
            kind: "text",
          },
        ],
      },
    ],
  },
  "gitlab-pipeline": {
    title: "GitLab pipeline",
    summary: "Runs a pipeline with the image in its variables.",
    address: { hint: "Empty: gitlab.com.", placeholder: "https://gitlab.com", isOptional: true },
    secret: { label: "Trigger token", hint: "The project’s pipeline trigger token.", isRequired: true },
    config: [
      {
        title: null,
        fields: [
          {
            path: "project",
            label: "Project",
            hint: "Its number or full path.",
            placeholder: "acme/deploy",
            kind: "text",
            isRequired: true,
          },
          { path: "ref", label: "Branch or tag", placeholder: "main", kind: "text", isRequired: true },
        ],
      },
    ],
  },
  "generic-hmac": {
    title: "Flux (generic-hmac)",
    summary: "Our own event, signed as Flux’s Receivers and webhook servers verify it.",
    address: RECEIVER,
    secret: { label: "Secret", hint: "The one that the Receiver’s secretRef has.", isRequired: true },
    config: [],
  },
  cloudevents: {
    title: "CloudEvents (Argo CD Image Updater)",
    summary: "A CloudEvent, for Argo CD Image Updater, Knative, Argo Events and event brokers.",
    address: { hint: RECEIVER.hint, placeholder: "https://updater.example.com/webhook?type=cloudevents" },
    secret: { label: "Secret", hint: "If the receiver checks one.", isRequired: false },
    config: [
      {
        title: null,
        fields: [
          {
            path: "secretAs",
            label: "Send the secret as",
            hint: "header: as X-Webhook-Secret, which Image Updater compares; hmac: it signs the body.",
            kind: "choice",
            choices: ["header", "hmac"],
          },
        ],
      },
    ],
  },
  harbor: format("Harbor’s format", "For Kargo, Flux, Argo CD Image Updater and Keel."),
  keel: format(
    "Keel",
    "Keel’s own format. If its webhooks are authenticated, “Basic” and the Base64 of user:password.",
  ),
  distribution: format(
    "Docker registry’s format",
    "Distribution’s notifications, for tools that know no other format.",
  ),
  "docker-hub": format("Docker Hub’s format", "For Flux, Kargo and Keel."),
  quay: format("Quay’s format", "For tools that know no other format."),
  acr: format("Azure Container Registry’s format", "For Flux, Argo CD Image Updater, Kargo and Keel."),
};

/** Of a type that this console does not know: newer than the page. */
const UNKNOWN_KIND: Kind = format("Other", "This page does not know the type. Use the API to change its settings.");

export function kindOf(type: string): Kind {
  return KINDS[type] ?? UNKNOWN_KIND;
}
