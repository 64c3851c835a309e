import { describe, expect, it } from "vitest";
import { addressProblem } from "../../src/events/address.ts";

const PUBLIC = { allowLocal: false, ownHosts: ["registry.example.com", "spacedock.acme.workers.dev"] };
const LOCAL = { allowLocal: true, ownHosts: [...PUBLIC.ownHosts, "localhost:8787"] };

describe("the address of a target", () => {
  it.each(["https://example.com/hook", "https://example.com:443/hook?token=x", "https://a-b.example.co.uk"])(
    "may be %s",
    (address) => {
      expect(addressProblem(address, PUBLIC)).toBeNull();
    },
  );

  it.each([
    "http://example.com",
    "ftp://example.com",
    "javascript:alert(1)",
    "example.com/hook",
    "",
    "https://example.com:8443/",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://example.com./",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://8.8.8.8/",
    "https://[::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://localhost/",
    "https://db.internal/",
    "https://printer.local/",
    "https://intranet/",
    "https://registry.example.com/v2/",
    "https://REGISTRY.example.com:443/v2/",
    "https://spacedock.acme.workers.dev/",
    "https://4f2a9c01-spacedock.acme.workers.dev/",
    `https://example.com/${"x".repeat(3000)}`,
  ])("may not be %s", (address) => {
    expect(addressProblem(address, PUBLIC)).toEqual(expect.any(String));
  });

  it.each([
    "https://registry.example.com/",
    "http://registry.example.com/",
    "https://registry.example.com./",
    "https://spacedock.acme.workers.dev/",
    "http://localhost:8787/v2/",
    "http://127.0.0.1:8787/v2/",
    "http://127.1:8787/",
    "http://2130706433:8787/",
    "http://[::1]:8787/",
    "http://0.0.0.0:8787/",
    "http://registry.localhost:8787/",
  ])("may not be %s on one's own machine either", (address) => {
    expect(addressProblem(address, LOCAL)).toBe("it must not be this registry itself");
  });

  it.each(["https://other.acme.workers.dev/", "https://spacedock.other.workers.dev/", "https://example.com/"])(
    "may be %s, which is another's",
    (address) => {
      expect(addressProblem(address, PUBLIC)).toBeNull();
    },
  );

  it.each(["http://localhost:9000/hook", "http://127.0.0.1:9000/", "https://example.com"])(
    "may be %s on one's own machine",
    (address) => {
      expect(addressProblem(address, LOCAL)).toBeNull();
    },
  );
});
