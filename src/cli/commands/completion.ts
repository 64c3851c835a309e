import * as z from "zod";
import { type Command, defineCommand } from "../command.ts";
import { completionOf } from "../completion/candidates.ts";
import { SCRIPTS } from "../completion/scripts.ts";
import { valuesOf } from "../completion/values.ts";

export const completion = defineCommand({
  name: "completion",
  summary: "Print the completion script for a shell",
  description:
    "For bash, add to ~/.bashrc: source <(spacedock completion bash). For zsh, add to ~/.zshrc after compinit: source <(spacedock completion zsh).\nFor fish, run: spacedock completion fish > ~/.config/fish/completions/spacedock.fish",
  examples: ["completion bash", "completion zsh", "completion fish"],
  arguments: { "<shell>": "bash, zsh or fish" },
  input: z.object({ shell: z.enum(["bash", "zsh", "fish"]) }),
  run: ({ output }, { shell }) => {
    output.show({ shell, script: SCRIPTS[shell] }, () => SCRIPTS[shell]);
    return Promise.resolve();
  },
});

/**
 * The command that the completion scripts run: it prints one candidate a line for the last word. Help does not show it.
 */
export const complete: Command = {
  name: "__complete",
  addTo: (program, context) => {
    program
      .command("__complete", { hidden: true })
      .argument("[words...]")
      .action(async (words: readonly string[]) => {
        const world = context();
        const found = completionOf(program, words);
        const current = words.at(-1) ?? "";
        const { value, prefix } = found;
        const values = value === null ? [] : await valuesOf(value, world, current.slice(prefix.length));
        const candidates = [...found.words, ...values.map((word) => ({ word: prefix + word, summary: "" }))];
        const fitting = candidates.filter(({ word }) => word.startsWith(current));
        if (fitting.length === 0) return;
        world.output.show(fitting, () => fitting.map(({ word, summary }) => `${word}\t${summary}`).join("\n"));
      });
  },
};
