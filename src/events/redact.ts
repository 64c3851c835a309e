/**
 * Removes secrets from receivers' answers. People see these, and they may quote what was sent: the
 * target's secrets, its address if that is secret, and anything that the requests derived from them. All
 * of that is removed, both as it was and in the forms that receivers give to quotes: escaped for JSON,
 * HTML or addresses, once or several times, and in base64.
 */
import type { OpenTarget } from "./target-store.ts";
import { KEPT_OF_ANSWER, type TargetRequest } from "./target.ts";

/** The secrets of one attempt. */
export interface Redaction {
  /** Remembers the secrets in a request, before it is sent. */
  readonly note: (request: TargetRequest) => void;
  /** Remembers a secret that is made for the attempt, and returns it. */
  readonly noteSecret: (secret: string) => string;
  /** Returns the beginning of the text, as it may be shown. */
  readonly shown: (text: string) => string;
}

/** Characters of a part of an address, at least. A shorter part appears in answers by chance, and is soon guessed. */
const MIN_PART = 8;

/** Characters of a secret, at least, that an answer still has where it was cut off. */
const MIN_REST = 8;

/** Headers whose values prove who we are. */
const SECRET_HEADER = /authorization|cookie|key|token|secret|signature/;

const REDACTED = "[redacted]";

export function redactionOf({ target, address, secrets: { current, previous } }: OpenTarget): Redaction {
  const isSecret = target.url !== address;
  const known = new Set<string>();
  const add = (...texts: readonly (string | null)[]): void => {
    for (const text of texts) {
      if (text === null || text.length < 2) continue;
      // Forms write a space as a plus.
      known.add(text).add(text.replaceAll(" ", "+"));
    }
  };
  const addAddress = (url: string): void => {
    const { href, pathname, search } = URL.parse(url) ?? { href: url, pathname: "", search: "" };
    add(url, href, pathname + search, search, pathname);
  };
  for (const secret of [current, previous]) {
    // Standard Webhooks: the key itself follows the prefix.
    add(secret, secret?.replace(/^whsec_/, "") ?? null);
  }
  if (isSecret) {
    addAddress(address);
    add(...partsOf(address));
  }
  return {
    note: ({ url, headers }) => {
      if (isSecret) addAddress(url);
      for (const [name, value] of Object.entries(headers)) {
        if (SECRET_HEADER.test(name)) add(value, value.replace(/^\w+ /, ""));
      }
    },
    noteSecret: (secret) => {
      add(secret);
      return secret;
    },
    shown: (text) => redact(text, known).slice(0, KEPT_OF_ANSWER),
  };
}

/** Returns the parts of an address that are secret by themselves: components of its path and values of its query, except placeholders. */
function partsOf(address: string): readonly string[] {
  const { pathname = "", searchParams = new URLSearchParams() } = URL.parse(address) ?? {};
  return [...pathname.split("/"), ...searchParams.values()]
    .flatMap((part) => part.split(/\{\w+\}|%7b\w+%7d/i))
    .filter((part) => part.length >= MIN_PART);
}

/** Text as UTF-8, a character for each byte, with the place of each in the original. */
interface Reading {
  readonly bytes: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

function redact(text: string, secrets: ReadonlySet<string>): string {
  // More is read than is kept: the end of what is read may hold half a secret, and is cut off below.
  const read = text.slice(0, 4 * KEPT_OF_ANSWER);
  const wanted = [...new Set([...secrets].flatMap((secret) => readingsOf(secret).map(({ bytes }) => bytes)))];
  const readings = readingsOf(read);
  const found = [
    ...readings.flatMap((reading) => placesOf(reading, wanted)),
    ...readings.flatMap((reading) => placesInBase64(reading, wanted)),
  ];
  let shown = "";
  let at = 0;
  for (const [from, to] of found.toSorted(([one], [other]) => one - other)) {
    if (from >= at) shown += read.slice(at, from) + REDACTED;
    at = Math.max(at, to);
  }
  return shown + read.slice(at);
}

type Place = readonly [from: number, to: number];

/** Finds secrets, and also the beginning of one at the end, since answers are cut off. */
function placesOf({ bytes, from, to }: Reading, secrets: readonly string[]): readonly Place[] {
  const whole = bytes.replace(HALF_ESCAPE, "");
  return secrets.flatMap((secret) => {
    const places: Place[] = [];
    for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at + secret.length)) {
      places.push([from[at] ?? 0, to[at + secret.length - 1] ?? 0]);
    }
    const rest = restOf(whole, secret);
    return rest < 0 ? places : [...places, [from[rest] ?? 0, to.at(-1) ?? 0]];
  });
}

/** Finds the place where the end of a text is the beginning of a secret; -1 if there is none. */
function restOf(bytes: string, secret: string): number {
  const beginning = secret.slice(0, MIN_REST);
  if (beginning.length < MIN_REST) return -1;
  let at = bytes.indexOf(beginning, Math.max(0, bytes.length - secret.length));
  while (at >= 0 && !secret.startsWith(bytes.slice(at))) at = bytes.indexOf(beginning, at + 1);
  return at;
}

const BASE64 = /[\w+/-]{8,}/g;

/** Finds base64 of a secret, or of a text that contains one. */
function placesInBase64({ bytes, from, to }: Reading, secrets: readonly string[]): readonly Place[] {
  return [...bytes.matchAll(BASE64)].flatMap(({ 0: run, index }) => {
    // It may follow characters that look like part of it.
    const plain = [0, 1, 2, 3].map((skipped) => decodeBase64(run.slice(skipped)));
    const isIn = secrets.some((secret) => plain.some((one) => one.includes(secret) || restOf(one, secret) >= 0));
    return isIn ? [[from[index] ?? 0, to[index + run.length - 1] ?? 0] as const] : [];
  });
}

function decodeBase64(text: string): string {
  const whole = text.replaceAll("-", "+").replaceAll("_", "/");
  return atob(whole.slice(0, whole.length - (whole.length % 4 === 1 ? 1 : 0)));
}

/** The most rounds of unescaping: others may have escaped what was escaped before. */
const MAX_READINGS = 4;

/** Returns the text as it is, and as it reads after each round of unescaping. */
function readingsOf(text: string): readonly Reading[] {
  const readings = [plainReading(text)];
  for (let last = readings[0]; last !== undefined && readings.length < MAX_READINGS; last = readings.at(-1)) {
    const next = unescaped(last);
    if (next.bytes === last.bytes) break;
    readings.push(next);
  }
  return readings;
}

function plainReading(text: string): Reading {
  return readingFrom((add) => {
    let at = 0;
    for (const character of text) {
      add(utf8(character), at, at + character.length);
      at += character.length;
    }
  });
}

const ESCAPE =
  /\\u([\da-f]{4})|\\x([\da-f]{2})|%([\da-f]{2})|&#x([\da-f]{1,6});|&#(\d{1,7});|&(amp|quot|apos|lt|gt);|\\(["'/\\])/giy;
const NAMED: Readonly<Record<string, string>> = { amp: "&", quot: '"', apos: "'", lt: "<", gt: ">" };
const HALF_ESCAPE = /(?:\\(?:u[\da-f]{0,3}|x[\da-f]?)?|%[\da-f]?|&#?\w{0,6})$/i;

function unescaped({ bytes, from, to }: Reading): Reading {
  return readingFrom((add) => {
    for (let at = 0; at < bytes.length;) {
      ESCAPE.lastIndex = at;
      const [escape = bytes.charAt(at), unicode, hex, percent, hexEntity, entity, name, character] =
        ESCAPE.exec(bytes) ?? [];
      const code = unicode ?? hex ?? hexEntity;
      const stands =
        percent !== undefined
          ? String.fromCharCode(Number.parseInt(percent, 16))
          : code !== undefined
            ? characterOf(Number.parseInt(code, 16))
            : entity !== undefined
              ? characterOf(Number(entity))
              : name !== undefined
                ? (NAMED[name.toLowerCase()] ?? "")
                : (character ?? escape);
      add(stands, from[at] ?? 0, to[at + escape.length - 1] ?? 0);
      at += escape.length;
    }
  });
}

function characterOf(code: number): string {
  return code > 0x10_ff_ff ? "" : utf8(String.fromCodePoint(code));
}

function readingFrom(fill: (add: (bytes: string, start: number, end: number) => void) => void): Reading {
  let bytes = "";
  const from: number[] = [];
  const to: number[] = [];
  fill((added, start, end) => {
    bytes += added;
    for (let count = 0; count < added.length; count++) {
      from.push(start);
      to.push(end);
    }
  });
  return { bytes, from, to };
}

function utf8(text: string): string {
  return text < "\u0080" ? text : String.fromCharCode(...new TextEncoder().encode(text));
}
