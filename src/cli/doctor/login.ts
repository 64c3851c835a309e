import { dockerCredentials } from "../credentials/store.ts";
import { explained } from "../logins.ts";
import type { Whoami } from "../management/operations.ts";
import { askWhoami, checkLogin, IDENTITY_TOKEN, isIdentityToken } from "../management/whoami.ts";
import { ageOrUntil } from "../output/words.ts";
import { type Finding, ok, type Patient, problem, warning } from "./finding.ts";

/** A token that ends sooner is one to be replaced now. */
const EXPIRES_SOON = 14 * 86_400_000;

/** Whether the login is good, until when, and what for. */
export async function checkToken(patient: Patient): Promise<Finding> {
  const { context, registry, login } = patient;
  if (login === null) {
    const advice = `Log in: spacedock login ${registry.host}. Public repositories can be pulled without.`;
    return warning("token", "nobody is logged in", advice);
  }
  try {
    patient.who = await askWhoami(context, registry, login.credential);
    if (patient.who !== null) return tokenFinding(patient.who, registry.host);
    await checkLogin(context, registry, login.credential);
    if (!(await isIdentityToken(context, registry, login))) return ok("token", "the login is good");
    const advice = `To manage, and to see what it may do: spacedock login ${registry.host}`;
    return warning("token", `the login is good; it is ${IDENTITY_TOKEN}`, advice);
  } catch (failure) {
    return problem("token", explained(failure, login, registry));
  }
}

function tokenFinding({ token, space }: Whoami, host: string): Finding {
  if (token === null) {
    return warning(
      "token",
      "ADMIN_TOKEN: it manages all spaces, and neither pulls nor pushes",
      "For docker, create a token in a space: spacedock tokens create <name> --space <space> --actions pull,push",
    );
  }
  const said = `${token.name}, of the space ${space ?? "?"}: ${token.actions.join(", ")} in ${token.repositories.join(", ")}`;
  if (token.expiresAt === null) return ok("token", `${said}; it does not expire`);
  const ends = `${said}; it expires ${ageOrUntil(token.expiresAt)}`;
  if (Date.parse(token.expiresAt) - Date.now() > EXPIRES_SOON) return ok("token", ends);
  return warning("token", ends, `Create another, and log in with that: spacedock login ${host}`);
}

/** Whether docker's configuration can be read, and knows the registry. */
export async function checkDocker({ context: { env }, registry }: Patient): Promise<Finding> {
  try {
    const found = await dockerCredentials(env).find(registry);
    if (found === null) return ok("docker", "its configuration is in order; it is not logged in there");
    const { program, source } = found;
    if (program !== null) return ok("docker", `logged in; docker-credential-${program} keeps the token`);
    if (source.logout === null) return ok("docker", `logged in, by ${source.name}`);
    const advice = "A credential store of docker's, such as its pass or secretservice, would hide it.";
    return warning("docker", `logged in; the token lies unencrypted in ${source.name}`, advice);
  } catch (failure) {
    return problem("docker", failure);
  }
}
