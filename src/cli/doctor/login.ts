import { dockerCredentials } from "../credentials/store.ts";
import { explained } from "../logins.ts";
import type { Whoami } from "../../contract/operations.ts";
import { askWhoami, checkLogin, IDENTITY_TOKEN, isIdentityToken } from "../managed/whoami.ts";
import { ageOrUntil } from "../output/words.ts";
import { type Finding, ok, type Patient, problem, warning } from "./finding.ts";

/** A token that ends sooner than this should be replaced now. */
const EXPIRES_SOON = 14 * 86_400_000;

/** Checks that the login works, until when, and for which actions. */
export async function checkToken(patient: Patient): Promise<Finding> {
  const { context, registry, login } = patient;
  if (login === null) {
    const advice = `Log in: spacedock login ${registry.host}. Pulling from public repositories needs no login.`;
    return warning("token", "you are not logged in", advice);
  }
  try {
    patient.who = await askWhoami(context, registry, login.credential);
    if (patient.who !== null) return tokenFinding(patient.who, registry.host);
    await checkLogin(context, registry, login.credential);
    if (!(await isIdentityToken(context, registry, login))) return ok("token", "the login works");
    const advice = `To manage the registry, and to see what the token may do: spacedock login ${registry.host}`;
    return warning("token", `the login works; it is ${IDENTITY_TOKEN}`, advice);
  } catch (failure) {
    return problem("token", explained(failure, login, registry));
  }
}

function tokenFinding({ token, space }: Whoami, host: string): Finding {
  if (token === null) {
    return warning(
      "token",
      "ADMIN_TOKEN: manages all spaces, cannot pull or push",
      "For docker, create a token in a space: spacedock tokens create <name> --space <space> --actions pull,push",
    );
  }
  const said = `${token.name}, in the space ${space ?? "?"}: ${token.actions.join(", ")} in ${token.repositories.join(", ")}`;
  if (token.expiresAt === null) return ok("token", `${said}; it does not expire`);
  const ends = `${said}; it expires ${ageOrUntil(token.expiresAt)}`;
  if (Date.parse(token.expiresAt) - Date.now() > EXPIRES_SOON) return ok("token", ends);
  return warning("token", ends, `Create another and log in with it: spacedock login ${host}`);
}

/** Checks that docker's configuration can be read and has a login for the registry. */
export async function checkDocker({ context: { env }, registry }: Patient): Promise<Finding> {
  try {
    const found = await dockerCredentials(env).find(registry);
    if (found === null) return ok("docker", "the configuration is valid; docker is not logged in there");
    const { program, source } = found;
    if (program !== null) return ok("docker", `logged in; docker-credential-${program} keeps the token`);
    if (source.logout === null) return ok("docker", `logged in, by ${source.name}`);
    const advice = "To encrypt it, set up a docker credential store, for example pass or secretservice.";
    return warning("docker", `logged in; the token is stored unencrypted in ${source.name}`, advice);
  } catch (failure) {
    return problem("docker", failure);
  }
}
