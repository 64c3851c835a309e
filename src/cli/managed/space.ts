import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import type { Management } from "./api.ts";

/** Returns the space for a command: the named one, else the token's own, else the only one there is. */
export async function spaceOf(
  { context, management }: { readonly context: Context; readonly management: Management },
  named: string | undefined,
): Promise<string> {
  const given = named ?? (context.env["SPACEDOCK_SPACE"] || undefined);
  if (given !== undefined) return given;
  const { space } = await management.call("whoami", { path: {} });
  return space ?? onlySpace(management);
}

async function onlySpace(management: Management): Promise<string> {
  const names: string[] = [];
  for await (const { name } of management.list("listSpaces", { path: {}, query: { limit: 10 } })) {
    names.push(name);
    if (names.length === 10) break;
  }
  const [first] = names;
  if (first === undefined) {
    throw new CliError("not-found", `${management.host} has no spaces yet`, {
      hint: "Create one: spacedock spaces create <name>",
    });
  }
  if (names.length === 1) return first;
  throw new CliError(
    "usage",
    `no space is selected, and this login is for all of them, for example ${names.join(", ")}`,
    {
      hint: "Use --space <name>, or SPACEDOCK_SPACE.",
    },
  );
}
