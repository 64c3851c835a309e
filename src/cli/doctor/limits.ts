import { DEFAULT_CHUNK } from "../client/chunk-size.ts";
import { openConnection } from "../connections.ts";
import type { Whoami } from "../../contract/operations.ts";
import { formatBytes } from "../../oci/size.ts";
import { type BodyLimit, probeBodyLimit } from "./body-limit.ts";
import { type Finding, ok, type Patient, problem, warning } from "./finding.ts";

/** Finds the largest layer that an ordinary client can push, and says how to push larger ones. */
export async function checkBodyLimit(patient: Patient, repository: string | null): Promise<Finding> {
  const { context, registry, who, login } = patient;
  const name = repository ?? probedRepository(who);
  if (name === null) {
    const probe = "name a repository: spacedock doctor --probe <repository>";
    if (login !== null && who === null) {
      const said = "not probed: the login does not say where it may push";
      return warning("body limit", said, `If it may, ${probe}`);
    }
    const said = `not probed: ${login === null ? "you are not logged in" : "the login may not push"}`;
    return warning("body limit", said, `Log in with a token that may push, or ${probe}`);
  }
  const connection = await openConnection(context, registry);
  try {
    return limitFinding(await probeBodyLimit(connection, name), registry.host);
  } catch (failure) {
    return problem("body limit", failure);
  } finally {
    await connection.close();
  }
}

/** Returns a repository that the token may push to; nothing stays in it. Null: there is none. */
function probedRepository(who: Whoami | null): string | null {
  const { token = null, space = null } = who ?? {};
  if (token === null || space === null || !token.actions.includes("push")) return null;
  const pattern = token.repositories.find((one) => !one.startsWith("!"));
  return pattern === undefined ? null : `${space}/${pattern.replaceAll(/\*+/g, "spacedock-doctor")}`;
}

function limitFinding({ passes, refused, advertised }: BodyLimit, host: string): Finding {
  const chunk = Math.min(passes, advertised ?? DEFAULT_CHUNK, DEFAULT_CHUNK);
  const advised = advertised === null ? "" : ` The registry asks for chunks of ${formatBytes(advertised)} at most.`;
  if (refused === null) return ok("body limit", `bodies of ${formatBytes(passes)} pass.${advised}`);
  // The default chunk fits every Cloudflare plan: only a stricter limit needs the option.
  const option = chunk < DEFAULT_CHUNK ? ` --chunk-size ${Math.floor(chunk / 1_000_000) || 1}MB` : "";
  return warning(
    "body limit",
    `bodies of ${formatBytes(passes)} pass, those of ${formatBytes(refused)} are refused: no client can push a larger layer in one piece.${advised}`,
    `For any client: spacedock proxy --to ${host}${option}. Or push with: spacedock push <image> <destination>${option}`,
  );
}
