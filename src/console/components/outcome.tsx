import { Status } from "./status.tsx";

const WORDS: Readonly<Record<string, readonly [string, Parameters<typeof Status>[0]["tone"]]>> = {
  done: ["taken", "good"],
  running: ["under way", "busy"],
  retry: ["to be tried again", "bad"],
  failed: ["failed", "bad"],
  gone: ["gone: the target is switched off", "bad"],
};

/** What an attempt came to. */
export function Outcome({ outcome }: { readonly outcome: string }) {
  const [words, tone] = WORDS[outcome] ?? [outcome, "quiet"];
  return <Status tone={tone}>{words}</Status>;
}
