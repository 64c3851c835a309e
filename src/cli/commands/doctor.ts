import * as z from "zod";
import { defineCommand } from "../command.ts";
import { checkName, checkTls } from "../doctor/address.ts";
import type { Finding, Patient } from "../doctor/finding.ts";
import { checkBodyLimit } from "../doctor/limits.ts";
import { checkDocker, checkToken } from "../doctor/login.ts";
import { checkRegistry } from "../doctor/registry.ts";
import { CliError } from "../exit.ts";
import { loginFor } from "../logins.ts";
import { registryOrManaged } from "../managed/reference.ts";
import type { Style } from "../output/style.ts";
import { plural } from "../output/words.ts";

export const doctor = defineCommand({
  name: "doctor",
  summary: "Check the connection to a registry, the login and the limits, and say what to do",
  description:
    "With a login that may push, it finds the largest request that passes: it announces uploads and cancels them.\nAlmost nothing is sent, and nothing is kept.",
  examples: ["doctor registry.example.com", "doctor --probe acme/web", "doctor --json"],
  arguments: { "[registry]": "the registry's host (default: the registry in use)" },
  options: { "--probe <repository>": "measure the limit in this repository, whatever the login is known to allow" },
  input: z.object({ registry: z.string().optional(), probe: z.string().optional() }),
  run: async (context, { registry: named, probe }) => {
    const registry = await registryOrManaged(context, named);
    const findings: Finding[] = [];
    const { output } = context;
    output.note(`${registry.host} (${registry.origin})`);
    for await (const finding of examine(await patientAt(context, registry), probe)) {
      findings.push(finding);
      if (!output.isJson) output.show(finding, () => line(finding, output.style));
    }
    if (output.isJson) output.show({ registry: registry.host, findings: findings.map(withoutKind) }, String);
    const problems = findings.filter(({ status }) => status === "problem");
    const [first] = problems;
    if (first) throw new CliError(first.kind, `found ${plural(problems.length, "problem")}`);
  },
});

async function patientAt(context: Patient["context"], registry: Patient["registry"]): Promise<Patient> {
  // An unreadable login is reported by the check of docker's configuration.
  const login = await loginFor(context, registry).catch(() => null);
  return { context, registry, login, who: null };
}

/** Runs the checks in order. A registry that cannot be reached is not checked further. */
async function* examine(patient: Patient, probe: string | undefined): AsyncGenerator<Finding> {
  yield await checkDocker(patient);
  const name = await checkName(patient);
  yield name;
  if (isProblem(name)) return;
  const tls = await checkTls(patient);
  yield tls;
  if (isProblem(tls)) return;
  const registry = await checkRegistry(patient);
  yield* registry;
  if (registry[0] === undefined || isProblem(registry[0])) return;
  const token = await checkToken(patient);
  yield token;
  if (isProblem(token)) return;
  if (patient.context.output.isTerminal)
    patient.context.output.note("measuring the body limit; this takes a few seconds …");
  yield await checkBodyLimit(patient, probe ?? null);
}

function isProblem({ status }: Finding): boolean {
  return status === "problem";
}

function withoutKind({ check, status, message, advice }: Finding): Omit<Finding, "kind"> {
  return { check, status, message, advice };
}

const MARKS = {
  ok: ["ok", "green"],
  warning: ["warning", "yellow"],
  problem: ["problem", "red"],
} as const satisfies Readonly<Record<Finding["status"], readonly [string, keyof Style]>>;

const MARK_WIDTH = 9;
const CHECK_WIDTH = 12;

function line({ check, status, message, advice }: Finding, style: Style): string {
  const [word, colour] = MARKS[status];
  const said = `${style[colour](word.padEnd(MARK_WIDTH))}${check.padEnd(CHECK_WIDTH)}${message}`;
  return advice === null ? said : `${said}\n${" ".repeat(MARK_WIDTH + CHECK_WIDTH)}${advice}`;
}
