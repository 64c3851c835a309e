import { describe, expect, it } from "vitest";
import { delegate, type Wish } from "../../src/auth/delegate.ts";
import { matchesRepository } from "../../src/oci/repository-pattern.ts";

const NOW = Date.parse("2030-01-01");
const maker: Wish = { repositories: ["web/**", "!web/secret*"], expiresAt: NOW };

function make(wish: Partial<Wish>, by: Partial<Wish> = {}): Wish {
  const modest: Wish = { repositories: ["web/api"], expiresAt: null };
  return delegate({ ...maker, ...by }, { ...modest, ...wish });
}

function isMade(own: readonly string[], repositories: readonly string[]): boolean {
  try {
    make({ repositories }, { repositories: own });
    return true;
  } catch {
    return false;
  }
}

describe("a token that a token makes", () => {
  it("ends with its maker at the latest, and then where it has no end of its own", () => {
    expect(make({}).expiresAt).toBe(NOW);
    expect(make({ expiresAt: NOW - 1 }).expiresAt).toBe(NOW - 1);
    expect(() => make({ expiresAt: NOW + 1 })).toThrow("expires at 2030-01-01");
    expect(make({}, { expiresAt: null }).expiresAt).toBeNull();
    expect(make({ expiresAt: NOW + 1 }, { expiresAt: null }).expiresAt).toBe(NOW + 1);
  });

  it.each([
    [["**"], ["anything/*", "!x"]],
    [["web/**", "!web/secret*"], ["web/api"]],
    [
      ["web/**", "!web/secret*"],
      ["web/**", "!web/secret*"],
    ],
    [
      ["web/**", "!web/secret*"],
      ["web/*", "!web/sec*"],
    ],
    [["web/**", "!web/secret*"], ["web/api-*"]],
    [["web/*"], ["web/*-api"]],
    [["web/**"], ["web/*/x"]],
    [["a*/**b"], ["ax/*/yb"]],
    [
      ["x", "web/*"],
      ["web/a", "x"],
    ],
    [["a*b*c"], ["a*b*c", "axbxc"]],
  ])("may have, of %j, the repositories %j", (own, repositories) => {
    expect(make({ repositories }, { repositories: own }).repositories).toEqual(repositories);
  });

  it.each([
    [["web/*"], ["**"]],
    [["web/*"], ["web/**"]],
    [["web/*"], ["web/a/b"]],
    [["web/*"], ["web*"]],
    [["web/*"], ["web/a", "api"]],
    [["web/**", "!web/secret*"], ["web/**"]],
    [["web/**", "!web/secret*"], ["web/secret-1"]],
    [["web/**", "!web/secret*"], ["web/s*"]],
    [
      ["web/**", "!web/secret*"],
      ["web/**", "!web/secret"],
    ],
    [["a*b"], ["a*"]],
    [["*a"], ["**a"]],
  ])("may not have, of %j, the repositories %j", (own, repositories) => {
    expect(() => make({ repositories }, { repositories: own })).toThrow("may do more than itself");
  });

  it("never covers what its maker does not, whatever the patterns", () => {
    const texts = ["**", "*", "a", "a*", "a/*", "a/**", "*/b", "**/b", "a/b", "!a", "!a/*", "!a/**", "!*b", "!**b"];
    const lists = texts
      .flatMap((one) => texts.map((other) => [one, other]))
      .filter((list) => !list.every((x) => x.startsWith("!")));
    const paths = ["a", "b", "ab", "a/b", "a/c", "c/b", "a/b/c", "b/a/b", "ab/b"];
    const beyond = lists.flatMap((own) =>
      lists
        .filter((repositories) => isMade(own, repositories))
        .flatMap((repositories) =>
          paths
            .filter((path) => matchesRepository(repositories, path) && !matchesRepository(own, path))
            .map((path) => `${own.join()} makes ${repositories.join()}, which has ${path}`),
        ),
    );
    expect(beyond).toEqual([]);
  });
});
