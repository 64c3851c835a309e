import * as z from "zod";
import { defineGroup } from "../command.ts";
import { LIMIT_OPTION, limitInput } from "../input/options.ts";
import type { Event } from "../../contract/operations.ts";
import { fields } from "../output/fields.ts";
import type { Output } from "../output/output.ts";
import type { Style } from "../output/style.ts";
import { age } from "../output/words.ts";
import { TRIGGERS } from "../managed/kinds.ts";
import { namesOf } from "../managed/named.ts";
import { type Columns, pageQuery, showList, spaceCommand, tableOf } from "../managed/shapes.ts";

/** Entries that fit on a screen; the list has no end. */
const DEFAULT_LIMIT = 20;

const COLUMNS: Columns<Event> = {
  event: ({ id }) => id,
  when: ({ timestamp }) => age(timestamp),
  what: ({ type }) => whatOf(type),
  reference: (event) => referenceOf(event),
  fired: ({ triggers }) =>
    triggers === null ? "undecided" : `${triggers.filter(({ fires }) => fires).length} of ${triggers.length}`,
};

const list = spaceCommand({
  name: "list",
  summary: "List what happened in a space, newest first",
  examples: ["events list --space acme", "events list --limit 100 --json"],
  options: LIMIT_OPTION,
  input: limitInput,
  run: async (scene, { limit = DEFAULT_LIMIT }) => {
    const { management, space } = scene;
    const events = management.list("listEvents", { path: { space }, query: pageQuery(limit) });
    await showList(scene, events, COLUMNS, {
      limit,
      none: `nothing has been pushed to ${space} yet`,
      detail: ({ data }) => data.digest,
    });
  },
});

type Verdict = NonNullable<Event["triggers"]>[number];

const verdictColumns = (style: Style, triggerName: (id: string) => string): Columns<Verdict> => ({
  trigger: ({ trigger }) => triggerName(trigger),
  fires: ({ fires }) => (fires ? style.green("yes") : style.dim("no")),
  "why not": ({ reason }) => reason ?? "",
});

const show = spaceCommand({
  name: "show",
  summary: "Show an event, and why each trigger fired or did not",
  examples: ["events show evt_0193…"],
  arguments: { "<event>": "the event's id" },
  input: z.object({ event: z.string() }),
  run: async (scene, { event: id }) => {
    const { management, space, output } = scene;
    const event = await management.call("getEvent", { path: { space, id } });
    const named = output.isJson ? String : await namesOf(scene, TRIGGERS);
    output.show(event, () => `${described(event, output.width)}\n\n${verdicts(event, output, named)}`);
    output.note(`See its deliveries: spacedock deliveries list --space ${space} --event ${id}`);
  },
});

function described(event: Event, width: number): string {
  const { id, type, timestamp, data } = event;
  return fields(
    {
      event: id,
      what: whatOf(type),
      reference: referenceOf(event),
      digest: data.digest,
      when: age(timestamp),
    },
    width,
  );
}

function verdicts({ triggers }: Event, { style, width }: Output, triggerName: (id: string) => string): string {
  if (triggers === null) return "The triggers have not been evaluated yet; try again in a few seconds.";
  if (triggers.length === 0) return "The space had no triggers.";
  return tableOf(triggers, verdictColumns(style, triggerName), { width });
}

/** Returns the short type, as in "tag.updated". */
function whatOf(type: string): string {
  return type.replace(/^registry\./, "");
}

function referenceOf({ data }: Event): string {
  return data.tag === null ? data.repository : `${data.repository}:${data.tag}`;
}

export const events = defineGroup("events", "Show what happened, and why it was delivered or not", [list, show]);
