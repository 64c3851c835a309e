/** A way to authenticate that a server offers (RFC 9110, 11.6.1). */
export interface Challenge {
  /** The scheme in lower case. */
  readonly scheme: string;
  /** The parameters, with their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(`^(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))`);
const SCHEME = new RegExp(`^(${TOKEN})(?:\\s+|$|(?=,))`);

/** Reads a WWW-Authenticate header, which may have several challenges. Stops at the first malformed part. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let rest = header.replace(/^[\s,]+/, "");
  while (rest !== "") {
    const parameter = PARAMETER.exec(rest);
    const current = challenges.at(-1);
    const found = parameter ?? SCHEME.exec(rest);
    if (found === null) break;
    const [whole, name = "", quoted, plain] = found;
    if (parameter === null) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else current?.parameters.set(name.toLowerCase(), plain ?? (quoted ?? "").replaceAll(/\\(.)/g, "$1"));
    rest = rest.slice(whole.length).replace(/^[\s,]+/, "");
  }
  return challenges;
}
