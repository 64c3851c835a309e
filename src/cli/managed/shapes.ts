import * as z from "zod";
import type { RegistryAddress } from "../client/reference.ts";
import { type Command, type CommandDeclaration, defineCommand } from "../command.ts";
import { openManagement } from "../connections.ts";
import type { Context } from "../context.ts";
import { SPACE_OPTION, spaceInput } from "../input/options.ts";
import type { Management } from "./api.ts";
import { spaceOf } from "./space.ts";
import type { Output } from "../output/output.ts";
import { table } from "../output/table.ts";

/** The argument of a command about a space itself. */
export const SPACE = { "<space>": "the space's name" } as const;
export const spaceName = z.object({ space: z.string() });

/** The context of a management command, with the opened API. */
export interface Scene {
  readonly context: Context;
  readonly output: Output;
  readonly management: Management;
}

/** The context of a command about one space's content. */
export interface SpaceScene extends Scene {
  readonly space: string;
}

type Declaration<I extends z.ZodType, S> = Omit<CommandDeclaration<I>, "run"> & {
  readonly run: (scene: S, input: z.output<I>) => Promise<void>;
};

/** Opens the management API for `use`, and closes it in any case. */
export async function withManagement<T>(
  context: Context,
  use: (scene: Scene) => Promise<T>,
  at?: RegistryAddress,
): Promise<T> {
  const management = await openManagement(context, at);
  try {
    return await use({ context, output: context.output, management });
  } finally {
    await management.close();
  }
}

/** Declares a command that uses the management API. */
export function managementCommand<I extends z.ZodType>({ run, ...rest }: Declaration<I, Scene>): Command {
  return defineCommand({ ...rest, run: (context, input) => withManagement(context, (scene) => run(scene, input)) });
}

type SpaceDeclaration<I extends z.ZodType> = Declaration<I, SpaceScene> & {
  /** Returns the space that an argument names, for use without the option. */
  readonly spaceIn?: (input: z.output<I>) => string | undefined;
};

/** Declares a command about one space, with the option that names it. */
export function spaceCommand<I extends z.ZodType>({ run, input, spaceIn, ...rest }: SpaceDeclaration<I>): Command {
  return managementCommand({
    ...rest,
    options: { ...rest.options, ...SPACE_OPTION },
    input: z.intersection(spaceInput, input),
    run: async (scene, given) => {
      const space = await spaceOf(scene, given.space ?? spaceIn?.(given));
      return run({ ...scene, space }, given);
    },
  });
}

/** A table's columns from left to right: the heading, and the function that makes a cell. */
export type Columns<T> = Readonly<Record<string, (item: T) => string>>;

interface ListOptions<T> {
  readonly limit?: number | undefined;
  /** Returns the text below an entry; null: nothing. */
  readonly detail?: (item: T) => string | null;
  /** A sentence to show instead of an empty list. */
  readonly none: string;
}

/** Shows a list as a table, to its end or up to the limit. */
export async function showList<T>(
  { output }: Pick<Scene, "output">,
  items: AsyncIterable<T> | Iterable<T>,
  columns: Columns<T>,
  { limit, none, detail }: ListOptions<T>,
): Promise<readonly T[]> {
  const shown = await take(items, limit ?? Number.POSITIVE_INFINITY);
  if (shown.length === 0 && !output.isJson) output.note(none);
  else output.show(shown, () => tableOf(shown, columns, { width: output.width, ...(detail && { detail }) }));
  return shown;
}

interface TableShape<T> {
  /** Columns of the terminal. */
  readonly width: number;
  readonly detail?: (item: T) => string | null;
}

/** Formats items as a table that fits the terminal. */
export function tableOf<T>(items: readonly T[], columns: Columns<T>, { detail, width }: TableShape<T>): string {
  const rows = items.map((item) => Object.values(columns).map((cell) => cell(item)));
  return table(Object.keys(columns), rows, { width, ...(detail && { details: items.map(detail) }) });
}

async function take<T>(items: AsyncIterable<T> | Iterable<T>, count: number): Promise<readonly T[]> {
  const taken: T[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length >= count) break;
  }
  return taken;
}

/** The most entries in a page of the management API. */
const MAX_PAGE = 1000;

/** Returns the query for a list of at most `limit` entries. */
export function pageQuery(limit: number | undefined): { readonly limit?: number } {
  return limit === undefined ? {} : { limit: Math.min(limit, MAX_PAGE) };
}
