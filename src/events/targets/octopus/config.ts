import * as z from "zod";
import { boundedRecord } from "../../../oci/bounds.ts";

const name = z.string().trim().min(1).max(200);
const names = z.array(name).max(50);

/** A text in which `{tag}`, `{version}`, `{repository}`, `{digest}` and `{image}` are filled in. */
const template = z.string().min(1).max(1000);

/** Sections of forms. */
const RELEASE = { "x-section": "The release" } as const;
const TENANTS = { "x-section": "Tenants and variables" } as const;
const RUNBOOK = { "x-section": "A runbook" } as const;

/** Makes the settings that a deployment and a runbook share. @param whose the end of the fields' titles, where both are shown */
function runSettings(section: object, whose = "") {
  return {
    tenants: names
      .default([])
      .meta({ title: `Tenants${whose}`, description: "With tenants or tenant tags, it runs for them.", ...section }),
    tenantTags: names.default([]).meta({
      title: `Tenant tags${whose}`,
      description: "As canonical names.",
      examples: [["Region/Europe"]],
      ...section,
    }),
    variables: boundedRecord(name, template, 200)
      .default({})
      .meta({
        title: `Prompted variables${whose}`,
        description: "{image}, {repository}, {tag}, {version} and {digest} are filled in.",
        examples: [{ Image: "{image}" }],
        ...section,
      }),
  };
}

const releaseSettings = z.strictObject({
  version: template
    .default("{version}")
    .meta({ title: "Version", description: "Default: the tag without its leading v.", ...RELEASE }),
  channel: name.optional().meta({ title: "Channel", description: "Default: the project's own.", ...RELEASE }),
  packages: z
    .array(template)
    .max(100)
    .default([])
    .meta({
      title: "Packages",
      description: "step:version or step:package:version. Without any, the tag is the version of each.",
      examples: [["Deploy web:{tag}"]],
      ...RELEASE,
    }),
  gitRef: name
    .optional()
    .meta({ title: "Git reference", description: "For a project whose configuration is in Git.", ...RELEASE }),
  notes: template.default("{image}").meta({ title: "Notes", description: "Shown with the release.", ...RELEASE }),
  ignoreChannelRules: z
    .boolean()
    .default(false)
    .meta({ title: "Ignore the channel's rules", description: "Takes versions that they refuse.", ...RELEASE }),
});

const deploy = z.strictObject({
  environments: names.min(1).meta({
    title: "Deploy to",
    description: "Environments. Without any, the release is created but not deployed.",
    examples: [["Development"]],
  }),
  ...runSettings(TENANTS),
});

const runbook = z.strictObject({
  name: name.meta({ title: "Runbook", description: "Runs once the deployments have started.", ...RUNBOOK }),
  environments: names.min(1).meta({ title: "Run it in", description: "Environments.", ...RUNBOOK }),
  ...runSettings(RUNBOOK, " of the runbook"),
});

/** The settings of an Octopus target besides its address and the API key. */
export const octopusConfig = z
  .strictObject({
    project: name.meta({ title: "Project", description: "Its name in Octopus." }),
    space: z
      .string()
      .max(20)
      .regex(/^Spaces-\d{1,9}$/, "the space's id, for example Spaces-1, from the address of its pages")
      .default("Spaces-1")
      .meta({ title: "Space", description: "Its id, which is in the address of each of its pages." }),
    serviceAccount: z
      .uuid()
      .optional()
      .meta({
        title: "Service account",
        description:
          "The id of one that trusts this registry (OIDC), in place of an API key: then nothing secret is stored. " +
          "Each target shows the issuer and subject that it has to trust.",
        examples: ["863b4b7d-6308-456e-8375-8d9270e9be44"],
      }),
    release: releaseSettings
      .nullable()
      .prefault({})
      .meta({ title: "Create a release", description: "Without one, only a runbook is run.", ...RELEASE }),
    deploy: deploy.optional().meta({ title: "Deployment", description: "Deploys the release at once." }),
    runbook: runbook.optional().meta({ title: "Runbook", description: "Runs a runbook, too.", ...RUNBOOK }),
  })
  .refine(({ release, deploy: wanted }) => release !== null || wanted === undefined, {
    path: ["deploy"],
    message: "only a release can be deployed",
  })
  .refine(({ release, runbook: wanted }) => release !== null || wanted !== undefined, {
    path: ["release"],
    message: "without a release there must be a runbook",
  });

export type OctopusConfig = z.output<typeof octopusConfig>;
