import type { RetentionRule } from "../../../contract/operations.ts";

/** A rule as its form has it, in texts; an empty text sets nothing. */
export interface RuleDraft {
  readonly name: string;
  /** Patterns, one a line. */
  readonly repositories: string;
  readonly newest: string;
  readonly newerThanDays: string;
  readonly pulledWithinDays: string;
  readonly tags: string;
  readonly previouslyDeployed: string;
  readonly enabled: boolean;
}

export type Keep = RetentionRule["keep"];

export const NEW_RULE: RuleDraft = {
  name: "",
  repositories: "",
  newest: "20",
  newerThanDays: "",
  pulledWithinDays: "",
  tags: "",
  previouslyDeployed: "1",
  enabled: true,
};

export function draftOf({ name, repositories, keep, enabled }: RetentionRule): RuleDraft {
  return {
    name,
    repositories: repositories.join("\n"),
    newest: textOf(keep.newest),
    newerThanDays: textOf(keep.newerThanDays),
    pulledWithinDays: textOf(keep.pulledWithinDays),
    tags: (keep.tags ?? []).join("\n"),
    previouslyDeployed: textOf(keep.previouslyDeployed),
    enabled,
  };
}

export function keepOf(draft: RuleDraft): Keep {
  const tags = linesOf(draft.tags);
  return {
    newest: numberOf(draft.newest),
    newerThanDays: numberOf(draft.newerThanDays),
    pulledWithinDays: numberOf(draft.pulledWithinDays),
    tags: tags.length > 0 ? tags : undefined,
    previouslyDeployed: Number(draft.previouslyDeployed || 0),
  };
}

/** True if the rule keeps nothing but the content that is always kept. */
export function keepsNothing({ newest, newerThanDays, pulledWithinDays, tags }: Keep): boolean {
  return tags === undefined && [newest, newerThanDays, pulledWithinDays].every((value) => (value ?? 0) === 0);
}

/** Says in words which tags a rule keeps. */
export function keepWords({ newest, newerThanDays, pulledWithinDays, tags }: Keep): string {
  const words = [
    newest !== undefined && newest > 0 && `the newest ${newest} of each repository`,
    newerThanDays !== undefined && newerThanDays > 0 && `pushed within ${days(newerThanDays)}`,
    pulledWithinDays !== undefined && pulledWithinDays > 0 && `pulled within ${days(pulledWithinDays)}`,
    tags !== undefined && `tags matching ${tags.join(", ")}`,
  ].filter((word) => word !== false);
  return words.length === 0 ? "nothing" : words.join("; ");
}

function days(count: number): string {
  return count === 1 ? "a day" : `${count} days`;
}

function textOf(value: number | undefined): string {
  return value?.toString() ?? "";
}

function numberOf(text: string): number | undefined {
  return text === "" ? undefined : Number(text);
}

function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);
}
