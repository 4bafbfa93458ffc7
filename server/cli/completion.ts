import type { Command } from "commander";
import { usage } from "./failure";

export const shells = ["bash", "zsh", "fish"] as const;

/** Words that may follow each line of commands: `"runs"` → its commands and options. */
function wordsOf(command: Command, path: string[] = []): Map<string, string[]> {
  const here = [
    ...command.commands.map((sub) => sub.name()),
    ...command.options.filter((option) => !option.hidden).map((option) => option.long ?? option.short ?? ""),
    ...(path.length > 0 ? ["--help"] : ["--help", "--version"]),
  ];
  const found = new Map([[path.join(" "), here.filter((word) => word !== "")]]);
  for (const sub of command.commands) for (const [name, words] of wordsOf(sub, [...path, sub.name()])) found.set(name, words);
  return found;
}

/** A script that completes the command line, made from the commands themselves. */
export function completionScript(program: Command, shell: string): string {
  const words = wordsOf(program);
  if (shell === "bash") return bash(words);
  // zsh runs the script of bash.
  if (shell === "zsh") return `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;
  if (shell === "fish") return fish(program);
  throw usage(`${JSON.stringify(shell)} is no shell that is known: one of ${shells.join(", ")}.`);
}

function bash(words: Map<string, string[]>): string {
  const cases = [...words].map(([path, list]) => `    ${JSON.stringify(path)}) words=${JSON.stringify(list.join(" "))} ;;`);
  return `_signalbox() {
  local current=\${COMP_WORDS[COMP_CWORD]} path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in -*) ;; *) case "\${path:+$path }\${COMP_WORDS[i]}" in ${[...words.keys()]
      .filter((path) => path !== "")
      .map((path) => JSON.stringify(path))
      .join("|")}) path="\${path:+$path }\${COMP_WORDS[i]}" ;; esac ;; esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _signalbox signalbox
`;
}

function fish(program: Command): string {
  const lines: string[] = [];
  const text = (words: string) => `'${words.replaceAll("'", "\\'")}'`;
  function add(command: Command, path: string[]): void {
    const names = command.commands.map((sub) => sub.name());
    const inside =
      path.length === 0
        ? "__fish_use_subcommand"
        : [
            ...path.map((name) => `__fish_seen_subcommand_from ${name}`),
            ...(names.length > 0 ? [`not __fish_seen_subcommand_from ${names.join(" ")}`] : []),
          ].join("; and ");
    for (const sub of command.commands)
      lines.push(`complete -c signalbox -f -n ${text(inside)} -a ${sub.name()} -d ${text(sub.description())}`);
    for (const option of command.options)
      if (!option.hidden && option.long !== undefined)
        lines.push(
          `complete -c signalbox -n ${text(inside)} -l ${option.long.slice(2)}${option.required ? " -r" : ""} -d ${text(option.description)}`,
        );
    for (const sub of command.commands) add(sub, [...path, sub.name()]);
  }
  add(program, []);
  return `${lines.join("\n")}\n`;
}
