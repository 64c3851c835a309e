import { describe, expect, it } from "vitest";
import { answerHeaders, requestHeaders, rewriteAddresses } from "../../../src/cli/proxy/headers.ts";

const ADDRESSES = { registry: "https://registry.example.com", client: "http://localhost:5000" };

describe("an address in an answer", () => {
  it.each([
    ["https://registry.example.com/v2/a/blobs/uploads/1?x=y", "http://localhost:5000/v2/a/blobs/uploads/1?x=y"],
    ["https://registry.example.com", "http://localhost:5000"],
    ["/v2/a/blobs/uploads/1", "/v2/a/blobs/uploads/1"],
    ["https://registry.example.com.evil.test/v2/", "https://registry.example.com.evil.test/v2/"],
    ["https://registry.example.com:8443/v2/", "https://registry.example.com:8443/v2/"],
    ["https://registryXexample.com/v2/", "https://registryXexample.com/v2/"],
    [
      "https://bucket.example.com/?then=https://registry.example.com/v2/",
      "https://bucket.example.com/?then=http://localhost:5000/v2/",
    ],
    [
      '<https://registry.example.com/v2/_catalog?last=a>; rel="next"',
      '<http://localhost:5000/v2/_catalog?last=a>; rel="next"',
    ],
    [
      'Bearer realm="https://registry.example.com/token",service="registry.example.com",scope="repository:a:pull"',
      'Bearer realm="http://localhost:5000/token",service="registry.example.com",scope="repository:a:pull"',
    ],
    [
      'Bearer realm="https://auth.docker.io/token",service="x"',
      'Bearer realm="https://auth.docker.io/token",service="x"',
    ],
  ])("%s leads to %s", (text, expected) => {
    expect(rewriteAddresses(text, ADDRESSES)).toBe(expected);
  });
});

describe("the headers", () => {
  it("of an answer stay as they are, but for those of the connection", () => {
    const headers = {
      location: "https://registry.example.com/v2/",
      "x-about": "https://registry.example.com/",
      "set-cookie": ["a=1", "b=2"],
      connection: "close, X-Hop",
      "x-hop": "1",
      "transfer-encoding": "chunked",
      "alt-svc": 'h3=":443"',
      "content-length": "3",
    };
    expect(answerHeaders(headers, ADDRESSES)).toEqual({
      location: "http://localhost:5000/v2/",
      "x-about": "https://registry.example.com/",
      "set-cookie": ["a=1", "b=2"],
      "content-length": "3",
    });
  });

  it("of a request stay as they are, but for what is framed anew", () => {
    const headers = {
      host: "localhost:5000",
      authorization: "Bearer x",
      "content-length": "3",
      expect: "100-continue",
      range: "bytes=1-",
    };
    expect(requestHeaders(headers)).toEqual({ authorization: "Bearer x", range: "bytes=1-" });
  });
});
