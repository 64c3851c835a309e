/**
 * The completion scripts of the shells. Each asks `spacedock __complete` for candidates: one a line, with a tab between
 * the word and its description.
 */
export const SCRIPTS = {
  bash: shell`
# spacedock completion for bash. In ~/.bashrc:  source <(spacedock completion bash)
_spacedock() {
  local line="@{COMP_LINE:0:COMP_POINT}" current prefix word summary
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current="@{words[@{#words[@]}-1]}"
  # Bash takes a colon or an equals sign for the end of a word.
  prefix="@{current%"@{current##*[:=]}"}"
  COMPREPLY=()
  while IFS=$'\t' read -r word summary; do
    # Names are other people's: none of them is to be run.
    COMPREPLY+=("$(printf %q "@{word#"$prefix"}")")
  done < <(spacedock __complete -- "@{words[@]:1}" 2>/dev/null)
}
complete -o default -F _spacedock spacedock`,
  zsh: shell`
#compdef spacedock
# spacedock completion for zsh. In ~/.zshrc, after compinit:  source <(spacedock completion zsh)
_spacedock() {
  local -a candidates
  local word summary
  while IFS=$'\t' read -r word summary; do
    # A colon stands between a word and what it is.
    candidates+=("@{word//:/\\:}:$summary")
  done < <(spacedock __complete -- "@{(@)words[2,CURRENT]}" 2>/dev/null)
  if (( @{#candidates} )); then _describe spacedock candidates; else _files; fi
}
compdef _spacedock spacedock`,
  fish: shell`
# spacedock completion for fish:  spacedock completion fish > ~/.config/fish/completions/spacedock.fish
function __spacedock_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    spacedock __complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c spacedock -f -a '(__spacedock_complete)'`,
} as const satisfies Readonly<Record<string, string>>;

/** Returns a script verbatim, with `@{` in place of `${`, which JavaScript would interpret. */
function shell({ raw }: TemplateStringsArray): string {
  return raw.join("").trimStart().replaceAll("@{", "${");
}
