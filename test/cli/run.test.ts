import { describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { refuse, reply, serve } from "./support/server.ts";
import { spaceNamed } from "./commands/samples.ts";
import { runCli } from "./support/world.ts";

describe("the command line", () => {
  it("prints its version", async () => {
    expect(await runCli(["--version"])).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: "" });
  });

  it("prints its commands and exit codes with --help", async () => {
    const { exitCode, stdout } = await runCli(["--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Usage: spacedock/);
    expect(stdout).toContain("spaces");
    expect(stdout).toContain("5 unreachable");
  });

  it("prints a command's help with an example", async () => {
    const { exitCode, stdout } = await runCli(["spaces", "list", "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}\$ spacedock spaces list/);
    expect(stdout).toContain("--json");
  });

  it.each([
    [["spces"], "Did you mean spaces?"],
    [["spaces", "lst"], "Did you mean list?"],
    [["spaces", "list", "--jsn"], "Did you mean --json?"],
    [["spaces", "list", "--registry", "not a host"], "is not a registry"],
    [["spaces", "list"], "no registry is selected"],
  ])("ends with 2 and says what is wrong with %j", async (args, said) => {
    const { exitCode, stderr, stdout } = await runCli(args, { HOME: "/nowhere" });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(said);
    expect(stderr).toMatch(/^spacedock: /);
  });

  it.each([
    [[], "Usage: spacedock [options] [command]"],
    [["--json"], "Usage: spacedock [options] [command]"],
    [["--registry", "localhost:1"], "Exit codes: 0 ok"],
    [["spaces"], "Usage: spacedock spaces [options] [command]"],
    [["tokens"], "Usage: spacedock tokens"],
    [["--registry", "localhost:1", "triggers"], "Usage: spacedock triggers"],
    [["tags"], "Usage: spacedock tags [options] [command]"],
    [["retention", "--json"], "Usage: spacedock retention"],
  ])("prints the help of %j, which says nothing of what to do", async (args, said) => {
    const { exitCode, stdout, stderr } = await runCli(args, { HOME: "/nowhere" });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(said);
  });

  it.each(["triggers", "targets", "retention"])(
    "changes %s by edit, and by what that was called before",
    async (group) => {
      const { stdout } = await runCli([group]);
      expect(stdout).toContain("  edit ");
      expect(stdout).not.toMatch(/^ {2}update/m);
      for (const verb of ["edit", "update"]) {
        const said = await runCli([group, verb, "--help"]);
        expect(said).toMatchObject({
          exitCode: 0,
          stdout: expect.stringContaining(`Usage: spacedock ${group} ${verb}`),
        });
      }
    },
  );

  it.each([["tags", "list"], ["push"], ["inspect"], ["tags", "delete", "acme/web"]])(
    "ends with 2 where an argument is missing: %s %s",
    async (...args) => {
      const { exitCode, stdout, stderr } = await runCli(args, { HOME: "/nowhere" });
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toContain("missing required argument");
    },
  );

  it.each([
    [["spces", "--json"], 2, { kind: "usage", status: null, code: null }],
    [["--json", "spaces", "list", "--limit", "x"], 2, { kind: "usage", hint: "See spacedock spaces list --help." }],
    [["spaces", "list", "--json"], 2, { kind: "usage", message: expect.stringContaining("no registry is selected") }],
    [["spaces", "list", "--json", "--registry", "127.0.0.1:1"], 4, { kind: "denied" }],
  ])("says what is wrong as JSON where that is asked for: %j", async (args, exitCode, error) => {
    const said = await runCli(args, { HOME: "/nowhere" });
    expect(said).toMatchObject({ exitCode, stdout: "" });
    expect(JSON.parse(said.stderr)).toEqual({ error: expect.objectContaining({ exitCode, ...error }) });
  });

  it("ends with 5 where the registry cannot be reached", async () => {
    const env = { SPACEDOCK_REGISTRY: "127.0.0.1:1", SPACEDOCK_TOKEN: "x" };
    const { exitCode, stderr } = await runCli(["spaces", "list"], env);
    expect(exitCode).toBe(5);
    expect(stderr).toBe(
      "spacedock: cannot reach http://127.0.0.1:1: connection refused\nCheck that 127.0.0.1:1 is the right address and that it is running.\n",
    );
  });

  it("ends with 4 where nobody is logged in", async () => {
    const { exitCode, stderr } = await runCli(["spaces", "list"], {
      SPACEDOCK_REGISTRY: "localhost:1",
      HOME: "/nowhere",
    });
    expect(exitCode).toBe(4);
    expect(stderr).toContain("spacedock login localhost:1");
  });
});

/** A space with a field that a later server may add. */
const space = (name: string): object => spaceNamed(name, { more: 1 });

describe("a management command", () => {
  it("lists all pages, as JSON where that is asked for", async () => {
    const seen: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      seen.push(request.headers.authorization);
      const isFirst = request.url === "/api/v1/spaces";
      const page = isFirst ? { items: [space("a")], next: "a" } : { items: [space("b")], next: null };
      if (isFirst || request.url === "/api/v1/spaces?cursor=a") reply(response, 200, {}, JSON.stringify(page));
      else refuse(response, 404, "NO_SUCH_PAGE");
    });
    const env = { SPACEDOCK_REGISTRY: server.host, SPACEDOCK_TOKEN: "secret" };
    const json = await runCli(["spaces", "list", "--json"], env);
    expect(JSON.parse(json.stdout)).toEqual([space("a"), space("b")]);
    const text = await runCli(["spaces", "list"], env);
    expect(text.stdout).toMatch(/^SPACE {3}VISIBILITY {3}CREATED\na {7}private {6}\d+ days ago\nb /);
    expect(new Set(seen)).toEqual(new Set(["Bearer secret"]));
  });

  it("ends with 4 and the server's reason where the token does not permit it", async () => {
    const problem = {
      type: "about:blank",
      title: "no",
      status: 403,
      code: "DENIED",
      detail: "only the installation's",
    };
    const server = await serve((_, response) => reply(response, 403, {}, JSON.stringify(problem)));
    const env = { SPACEDOCK_REGISTRY: server.host, SPACEDOCK_TOKEN: "secret" };
    expect(await runCli(["spaces", "list"], env)).toEqual({
      exitCode: 4,
      stdout: "",
      stderr: `spacedock: ${server.host}: only the installation's (403)\n`,
    });
    const json = await runCli(["spaces", "list", "--json"], env);
    expect(JSON.parse(json.stderr)).toEqual({
      error: {
        kind: "denied",
        exitCode: 4,
        message: `${server.host}: only the installation's (403)`,
        hint: null,
        status: 403,
        code: "DENIED",
      },
    });
  });

  it("ends with 6 where the server is none of ours", async () => {
    const server = await serve((_, response) => reply(response, 200, {}, "<html>"));
    const env = { SPACEDOCK_REGISTRY: server.host, SPACEDOCK_TOKEN: "secret" };
    const { exitCode, stderr } = await runCli(["spaces", "list"], env);
    expect(exitCode).toBe(6);
    expect(stderr).toContain("Check that it is a Spacedock registry");
  });
});
