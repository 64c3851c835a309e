/**
 * The calls that start something in Octopus, by its Executions API (servers from 2022.3). Tests compare
 * the bodies with the types of Octopus's own client.
 */
import { imageOf, repositoryOf } from "../../event.ts";
import type { TaggedEvent } from "../push-format.ts";
import type { OctopusConfig } from "./config.ts";

export interface Command {
  /** Names the command within its delivery, so that it is not called again after its answer. */
  readonly key: string;
  /** The path below `/api/<space>/`. */
  readonly path: string;
  readonly body: object;
}

export type Release = NonNullable<OctopusConfig["release"]>;
export type Deploy = NonNullable<OctopusConfig["deploy"]>;
export type Runbook = NonNullable<OctopusConfig["runbook"]>;

export function releaseCommand(config: OctopusConfig, event: TaggedEvent): Command | null {
  if (config.release === null) return null;
  return { key: "release", path: "releases/create/v1", body: releaseBody(config, config.release, event) };
}

/** Lists deployments and runs, in order. @param releaseVersion the version that Octopus answered with; null without a release */
export function taskCommands(
  config: OctopusConfig,
  event: TaggedEvent,
  releaseVersion: string | null,
): readonly Command[] {
  const { deploy, runbook } = config;
  return [
    ...(deploy === undefined || releaseVersion === null ? [] : deployments(config, deploy, event, releaseVersion)),
    ...(runbook === undefined ? [] : [runbookRun(config, runbook, event)]),
  ];
}

function deployments(config: OctopusConfig, deploy: Deploy, event: TaggedEvent, version: string): readonly Command[] {
  const { environments, tenants, tenantTags } = deploy;
  if (tenants.length === 0 && tenantTags.length === 0) {
    const body = untenantedBody(config, deploy, event, version);
    return [{ key: "deploy", path: "deployments/create/untenanted/v1", body }];
  }
  return environments.map((environment) => ({
    key: `deploy to ${environment}`,
    path: "deployments/create/tenanted/v1",
    body: tenantedBody(config, deploy, event, version, environment),
  }));
}

function runbookRun(config: OctopusConfig, runbook: Runbook, event: TaggedEvent): Command {
  return { key: "runbook", path: "runbook-runs/create/v1", body: runbookBody(config, runbook, event) };
}

export function releaseBody(config: OctopusConfig, release: Release, event: TaggedEvent) {
  const { packages, channel, gitRef } = release;
  return {
    ...inSpace(config),
    projectName: config.project,
    releaseVersion: fill(release.version, event),
    ...(packages.length > 0 ? { packages: packages.map((one) => fill(one, event)) } : { packageVersion: event.tag }),
    ...(channel !== undefined && { channelName: channel }),
    ...(gitRef !== undefined && { gitRef }),
    releaseNotes: fill(release.notes, event),
    ignoreIfAlreadyExists: true,
    ignoreChannelRules: release.ignoreChannelRules,
  };
}

export function untenantedBody(config: OctopusConfig, deploy: Deploy, event: TaggedEvent, releaseVersion: string) {
  return {
    ...inSpace(config),
    projectName: config.project,
    releaseVersion,
    environmentNames: deploy.environments,
    variables: filled(deploy.variables, event),
  };
}

export function tenantedBody(
  config: OctopusConfig,
  { tenants, tenantTags, variables }: Deploy,
  event: TaggedEvent,
  releaseVersion: string,
  environmentName: string,
) {
  const shared = { ...inSpace(config), projectName: config.project, releaseVersion, environmentName };
  return { ...shared, tenants, tenantTags, variables: filled(variables, event) };
}

export function runbookBody(config: OctopusConfig, runbook: Runbook, event: TaggedEvent) {
  const { name, environments, tenants, tenantTags, variables } = runbook;
  return {
    ...inSpace(config),
    projectName: config.project,
    runbookName: name,
    environmentNames: environments,
    ...(tenants.length > 0 && { tenants }),
    ...(tenantTags.length > 0 && { tenantTags }),
    variables: filled(variables, event),
  };
}

/** Names the space twice: older servers read the first field, newer ones the second. */
function inSpace({ space }: OctopusConfig) {
  return { spaceId: space, spaceIdOrName: space };
}

function filled(templates: Readonly<Record<string, string>>, event: TaggedEvent): Record<string, string> {
  return Object.fromEntries(Object.entries(templates).map(([name, text]) => [name, fill(text, event)]));
}

const PLACEHOLDER = /\{(image|repository|tag|version|digest)\}/g;

/** Fills in the placeholders in one pass, so that a value that looks like a placeholder stays as it is. */
function fill(text: string, event: TaggedEvent): string {
  const { tag, digest } = event;
  const version = tag.replace(/^v(?=\d)/i, "");
  const values = new Map(
    Object.entries({ image: imageOf(event), repository: repositoryOf(event), tag, version, digest }),
  );
  return text.replaceAll(PLACEHOLDER, (_, name: string) => values.get(name) ?? "");
}
