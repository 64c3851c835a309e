import { describe, expect, it } from "vitest";
import {
  formatRemoteReference,
  manifestSelector,
  parseRegistry,
  parseRemoteReference,
} from "../../../src/cli/client/reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("a reference", () => {
  it.each([
    ["registry.example.com/acme/web:1.2", "https://registry.example.com", "acme/web", "1.2", null],
    ["registry.example.com/acme/web", "https://registry.example.com", "acme/web", null, null],
    [`registry.example.com:5000/web@${DIGEST}`, "https://registry.example.com:5000", "web", null, DIGEST],
    [`registry.example.com/acme/web:1@${DIGEST}`, "https://registry.example.com", "acme/web", "1", DIGEST],
    ["localhost:5000/acme/web:1", "http://localhost:5000", "acme/web", "1", null],
    ["127.0.0.1:80/acme/web", "http://127.0.0.1:80", "acme/web", null, null],
    ["[::1]:5000/acme/web", "http://[::1]:5000", "acme/web", null, null],
    ["alpine", "https://registry-1.docker.io", "library/alpine", null, null],
    ["alpine:3", "https://registry-1.docker.io", "library/alpine", "3", null],
    ["acme/web:1", "https://registry-1.docker.io", "acme/web", "1", null],
    ["docker.io/alpine", "https://registry-1.docker.io", "library/alpine", null, null],
    ["index.docker.io/library/alpine", "https://registry-1.docker.io", "library/alpine", null, null],
  ])("reads %s", (text, origin, name, tag, digest) => {
    const reference = parseRemoteReference(text);
    expect(reference).toMatchObject({ registry: { origin }, name, tag, digest });
  });

  it.each([
    "",
    "/acme/web",
    "registry.example.com/",
    "registry.example.com/Acme/web",
    "registry.example.com/acme/web:",
    "registry.example.com/acme/web:a b",
    "registry.example.com/acme/web@sha256:1234",
    "registry.example.com:port/acme/web",
    "https://registry.example.com/acme/web",
    `registry.example.com/${"a".repeat(256)}`,
  ])("refuses %j", (text) => {
    expect(() => parseRemoteReference(text)).toThrow(expect.objectContaining({ kind: "usage" }));
  });

  it("is written as it was read", () => {
    const text = `registry.example.com/acme/web:1@${DIGEST}`;
    expect(formatRemoteReference(parseRemoteReference(text))).toBe(text);
  });

  it.each([
    [`localhost/acme/web:1@${DIGEST}`, DIGEST],
    ["localhost/acme/web:1", "1"],
    ["localhost/acme/web", "latest"],
  ])("asks for a manifest: %s", (text, selector) => {
    expect(manifestSelector(parseRemoteReference(text))).toBe(selector);
  });

  it("is reached without TLS where that is asked for", () => {
    const { registry } = parseRemoteReference("registry.example.com/acme/web", { plainHttp: true });
    expect(registry.origin).toBe("http://registry.example.com");
  });
});

describe("a registry's address", () => {
  it.each([
    ["registry.example.com", "https://registry.example.com"],
    ["https://registry.example.com/", "https://registry.example.com"],
    ["http://registry.example.com:8080", "http://registry.example.com:8080"],
    ["https://localhost:8443", "https://localhost:8443"],
    ["localhost", "http://localhost"],
    ["LOCALHOST:5000", "http://localhost:5000"],
  ])("reads %s", (text, origin) => {
    expect(parseRegistry(text).origin).toBe(origin);
  });

  it.each(["", "ftp://registry.example.com", "registry.example.com/acme", "a b", "-x.example.com", "host:999999"])(
    "refuses %j",
    (text) => {
      expect(() => parseRegistry(text)).toThrow(expect.objectContaining({ kind: "usage" }));
    },
  );
});
