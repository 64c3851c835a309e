import type { RetentionRule, Target, Trigger } from "../../contract/operations.ts";
import type { Kind } from "./named.ts";

export const TARGETS: Kind<Target> = {
  word: "target",
  group: "targets",
  prefix: "tgt_",
  all: ({ management, space }) => management.list("listTargets", { path: { space } }),
};

export const TRIGGERS: Kind<Trigger> = {
  word: "trigger",
  group: "triggers",
  prefix: "trg_",
  all: ({ management, space }) => management.list("listTriggers", { path: { space } }),
};

export const RULES: Kind<RetentionRule> = {
  word: "rule",
  group: "retention",
  prefix: "ret_",
  all: ({ management, space }) => management.list("listRetentionRules", { path: { space } }),
};
