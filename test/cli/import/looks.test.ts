import { describe, expect, it } from "vitest";
import { twoPlatforms } from "../../../harness/images.ts";
import { useRegistries } from "../support/registries.ts";

const registries = await useRegistries();

describe("an import", () => {
  it.each([
    ["", null],
    ["--dry-run ", "1"],
  ])("only looks at its destination, and pulls from its source what it copies: %j", async (option, atSource) => {
    const multi = twoPlatforms();
    registries.source.add(multi, "1");
    registries.destination.add(multi, "1");
    const looks = { source: new Set<unknown>(), destination: new Set<unknown>() };
    for (const side of ["source", "destination"] as const) {
      registries[side].intercept = (request, _, { method }) => {
        if (method === "GET" || method === "HEAD") looks[side].add(request.headers["spacedock-look"] ?? null);
        return false;
      };
    }
    const { exitCode } = await registries.import(`${option}$S/acme/web:1 $D/team/web`);
    expect(exitCode).toBe(0);
    expect(looks).toEqual({ source: new Set([atSource]), destination: new Set(["1"]) });
  });
});
