import type { Trigger } from "../../../contract/operations.ts";
import { linesOf } from "../../components/lines.ts";
import { formOf } from "../trigger/rules.ts";

/** Sums up a trigger's rules in a line. */
export function inWords(trigger: Trigger): string {
  if (trigger.match === null) return "nothing: this version cannot read its rules";
  const form = formOf(trigger);
  const repositories = linesOf(form.repositories);
  const parts = [
    form.tagType === "" ? "any tag" : `${form.tagType} ${form.tagValue}`,
    repositories.length === 0 ? "in all repositories" : `in ${repositories.join(", ")}`,
    form.onlyIfNewer && "only newer versions",
    form.group !== "" && `together with ${linesOf(form.group).join(", ")}`,
    form.debounceSeconds !== "" && `after ${form.debounceSeconds} s`,
  ];
  return parts.filter((part) => part !== false).join(", ");
}
