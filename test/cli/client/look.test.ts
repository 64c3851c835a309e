import { beforeEach, describe, expect, it } from "vitest";
import { image, index } from "../../../harness/images.ts";
import type { MemoryRegistry } from "../support/memory-registry.ts";
import { useRegistries } from "../support/registries.ts";
import { runCli } from "../support/world.ts";

const registries = await useRegistries();

beforeEach(() => {
  const one = index([image(), image({ architecture: "arm64" })], ["linux/amd64", "linux/arm64"]);
  registries.source.add(one, "1", "2");
  registries.source.add(image({ subject: one.descriptor }));
});

/** Returns the reads of manifests and blobs, either those that say that they only look or the others. */
function reads({ log }: MemoryRegistry, isLook: boolean): readonly string[] {
  return log
    .filter(({ method, look }) => (method === "GET" || method === "HEAD") && (look === "1") === isLook)
    .map(({ what }) => what)
    .filter((what) => /^(?:manifests|blobs)\//.test(what));
}

describe("an import", () => {
  it.each([
    "$S/acme/web:1 $D/team/web",
    "--all-tags $S/acme/web $D/team/web",
    "--platform linux/amd64 $S/a/b:1 $D/c/d",
  ])("only looks at its destination, and pulls from its source: %s", async (args) => {
    for (const _ of [1, 2]) {
      expect((await registries.import(args)).exitCode).toBe(0);
      expect(reads(registries.destination, false)).toEqual([]);
    }
    expect(reads(registries.destination, true).length).toBeGreaterThan(0);
    expect(reads(registries.source, true)).toEqual([]);
  });

  it("looks at both with --dry-run", async () => {
    expect((await registries.import("--dry-run $S/acme/web:1 $D/team/web")).exitCode).toBe(0);
    expect([...reads(registries.source, false), ...reads(registries.destination, false)]).toEqual([]);
  });

  it("within one registry tells the two apart", async () => {
    expect((await registries.import("$S/acme/web:1 $S/acme/other:1")).exitCode).toBe(0);
    const { log } = registries.source;
    const isLookAt = (name: string): ReadonlySet<boolean> =>
      new Set(
        log
          .filter((one) => one.name === name && one.method !== "PUT" && one.method !== "POST")
          .map(({ look }) => look === "1"),
      );
    expect(isLookAt("acme/web")).toEqual(new Set([false]));
    expect(isLookAt("acme/other")).toEqual(new Set([true]));
  });
});

describe("a command that shows something", () => {
  it.each(["inspect $S/acme/web:1", "tags $S/acme/web"])("only looks: %s", async (command) => {
    const words = command.replace("$S", registries.hosts.source).split(" ");
    expect((await runCli(words, {})).exitCode).toBe(0);
    expect(reads(registries.source, true).length).toBeGreaterThan(0);
    expect(reads(registries.source, false)).toEqual([]);
  });
});
