import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { attempt } from "../../harness/live/run.ts";
import { toolsPath } from "../../harness/live/tools.ts";

interface SuiteRun {
  readonly version: string;
  readonly host: string;
  readonly space: string;
  readonly password: string;
  /** True if one token is used for many requests, or each request starts without one. */
  readonly cacheAuth: boolean;
}

export interface SuiteResult {
  readonly exitCode: number | null;
  readonly apis: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
  readonly counts: Counts;
  /** The suite's own lines about everything that did not pass. */
  readonly complaints: string;
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly disabled: number;
}

const statuses = z.record(z.string(), z.string());
const resultsFile = z.object({
  config: z.object({ registry: z.string() }),
  apis: statuses,
  data: statuses,
});

// Everything that the suite can test, since an older version leaves some of it out by default.
const everything = {
  OCI_API_BLOBS_DIGEST_HEADER: "true",
  OCI_API_BLOBS_MOUNT_ANONYMOUS: "true",
  OCI_API_BLOBS_UPLOAD_CANCEL: "true",
  OCI_API_MANIFESTS_DIGEST_HEADER: "true",
  OCI_API_MANIFESTS_TAG_PARAM: "true",
};

function environment(suite: SuiteRun, directory: string): Record<string, string> {
  return {
    ...everything,
    PATH: toolsPath,
    HOME: directory,
    OCI_VERSION: suite.version,
    OCI_REGISTRY: suite.host,
    OCI_TLS: "disabled",
    OCI_REPO1: `${suite.space}/repo1`,
    OCI_REPO2: `${suite.space}/repo2`,
    OCI_USERNAME: "conformance",
    OCI_PASSWORD: suite.password,
    OCI_CACHE_AUTH: String(suite.cacheAuth),
    OCI_RESULTS_DIR: directory,
    OCI_LOG: "error",
  };
}

/** Returns the numbers on the report's only suite, which leaves out zeros. */
function readCounts(junit: string): Counts {
  const suite = /<testsuite [^>]*>/.exec(junit)?.[0];
  if (suite === undefined) throw new Error("junit.xml has no testsuite");
  const count = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  return {
    tests: count("tests"),
    failures: count("failures"),
    errors: count("errors"),
    skipped: count("skipped"),
    disabled: count("disabled"),
  };
}

function complaintsIn(report: string): string {
  const lines = report.split("\n");
  return lines.filter((line) => /: (FAIL|Error|Skip|Disabled|Unknown)$|^ +- /.test(line)).join("\n");
}

/** Runs the official suite once. Its exit code proves nothing: a configuration that it cannot read ends with 0. */
export async function runSuite(suite: SuiteRun): Promise<SuiteResult> {
  const directory = await mkdtemp(join(tmpdir(), "conformance-"));
  try {
    const { exitCode, stdout, stderr } = await attempt("conformance", [], {
      env: environment(suite, directory),
      cwd: directory,
    });
    const report = async (name: string): Promise<string> =>
      readFile(join(directory, name), "utf8").catch(() => {
        throw new Error(`the suite wrote no ${name}:\n${stderr}`);
      });
    const results = resultsFile.parse(parse(await report("results.yaml")));
    if (results.config.registry !== suite.host) throw new Error(`the suite tested ${results.config.registry}`);
    return {
      exitCode,
      apis: results.apis,
      data: results.data,
      counts: readCounts(await report("junit.xml")),
      complaints: complaintsIn(stdout.toString()),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
