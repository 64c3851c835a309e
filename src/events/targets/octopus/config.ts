import { z } from "zod";
import { boundedRecord } from "../../../oci/bounds.ts";

const name = z.string().trim().min(1).max(200);
const names = z.array(name).max(50);

/** `{tag}`, `{version}`, `{repository}`, `{digest}` and `{image}` are filled in. */
const template = z.string().min(1).max(1000);

const variables = boundedRecord(name, template, 200).default({}).meta({
  description:
    "Prompted variables, by name. {image}, {repository}, {tag}, {version} and {digest} in a value are filled in.",
});

const deploy = z.strictObject({
  environments: names.min(1),
  tenants: names
    .default([])
    .meta({ description: "With tenants or tenantTags, each environment is deployed for them." }),
  tenantTags: names.default([]).meta({ examples: [["Region/Europe"]] }),
  variables,
});

const runbook = z.strictObject({
  name,
  environments: names.min(1),
  tenants: names.default([]),
  tenantTags: names.default([]),
  variables,
});

/** What an Octopus target needs beside its address and the API key. */
export const octopusConfig = z
  .strictObject({
    space: z
      .string()
      .max(20)
      .regex(/^Spaces-\d{1,9}$/, "the space's id, for example Spaces-1, from the address of its pages")
      .default("Spaces-1")
      .meta({ description: "The id of the space in Octopus." }),
    project: name.meta({ description: "The project's name." }),
    serviceAccount: z
      .uuid()
      .optional()
      .meta({
        description:
          "The id of a service account with an OIDC identity for this registry: then no API key is stored. The answer " +
          "shows the issuer and the subject to enter there.",
      }),
    release: z
      .strictObject({
        version: template.default("{version}").meta({ description: "By default the tag, without a v in front." }),
        channel: name.optional(),
        packages: z
          .array(template)
          .max(100)
          .default([])
          .meta({
            description:
              "Written as `step:version` or `step:package:version`; without any, the tag is the version of each package.",
            examples: [["Deploy web:{tag}"]],
          }),
        gitRef: name.optional().meta({ description: "For a project in Git." }),
        notes: template.default("{image}"),
        ignoreChannelRules: z.boolean().default(false),
      })
      .nullable()
      .prefault({})
      .meta({ description: "The release to create; null: none, only the runbook is run." }),
    deploy: deploy.optional().meta({ description: "Where the release is deployed at once." }),
    runbook: runbook.optional().meta({ description: "A runbook to run after the deployments have started." }),
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
