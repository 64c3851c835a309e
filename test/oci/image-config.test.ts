import { describe, expect, it } from "vitest";
import { platformInConfig } from "../../src/oci/image-config.ts";

const deep = "[".repeat(100_000) + "]".repeat(100_000);

describe("the platform in a config", () => {
  it.each([
    ['{"os":"linux","architecture":"amd64","config":{}}', "linux/amd64"],
    ['{"os":"linux","architecture":"arm","variant":"v7"}', "linux/arm/v7"],
    ['{"os":"windows","architecture":"amd64","os.version":"10.0.20348.1"}', "windows/amd64"],
    // cosign's config, for a signature that is pushed as an image.
    ['{"os":"","architecture":"","rootfs":{}}', null],
    // BuildKit's config, for an attestation.
    ['{"os":"unknown","architecture":"unknown"}', null],
    ['{"os":"linux"}', null],
    ['{"os":1,"architecture":{}}', null],
    [`{"os":"linux","architecture":"${"a".repeat(257)}"}`, null],
    ["{}", null],
    ["null", null],
    ["[]", null],
    ["not JSON", null],
    ["", null],
    [deep, null],
  ])("of %s is %s", (text, platform) => {
    expect(platformInConfig(new TextEncoder().encode(text))).toBe(platform);
  });

  it("is none where the bytes are no text", () => {
    expect(platformInConfig(new Uint8Array([0xff, 0xfe, 0x00]))).toBeNull();
  });
});
